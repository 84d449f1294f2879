"""The list of pages and the frame around all of them."""

import streamlit as st

from playground.runs.settings import shared_store
from playground.ui.address import leave
from playground.ui.hidden import take_up_hidden
from playground.ui.navigation import OF_A_RUN, navigation
from playground.ui.running_now import running_now
from playground.ui.styles import frame_style
from playground.ui.troubles import troubles

# Inline, for Streamlit fetches icons of its own set from elsewhere. A filter over a map, and what it makes of it.
MARK = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect width="32" height="32" rx="7" fill="#0072B2"/>
<rect x="6" y="6" width="13" height="13" rx="2" fill="none" stroke="#fff" stroke-width="2.5"/>
<rect x="20" y="20" width="6" height="6" rx="1.5" fill="#fff"/><path d="M19 19l1 1" stroke="#fff" stroke-width="2"/>
</svg>"""

st.set_page_config(page_title="Deep learning playground", page_icon=MARK, layout="wide")
sections = {
    "": [st.Page("home.py", title="Home", icon=":material/home:", default=True)],
    "Play": [
        st.Page("train.py", title="Train", icon=":material/play_circle:", url_path="train"),
        st.Page("inside.py", title="Inside", icon=":material/biotech:", url_path="inside"),
        st.Page("race.py", title="Race", icon=":material/flag:", url_path="race"),
        st.Page("runs.py", title="Runs", icon=":material/list_alt:", url_path="runs"),
    ],
    "Labs": [
        st.Page("overfitting.py", title="Overfitting", icon=":material/show_chart:", url_path="overfitting"),
        st.Page("initialization.py", title="Initialization", icon=":material/start:", url_path="initialization"),
        st.Page("inductive_bias.py", title="Inductive bias", icon=":material/grid_view:", url_path="inductive-bias"),
    ],
}
page = st.navigation(sections, position="hidden")
frame_style()
troubles(shared_store())
take_up_hidden()
if page.url_path not in OF_A_RUN:
    leave()
with st.sidebar:
    navigation(sections)
    running_now(shared_store())
page.run()
