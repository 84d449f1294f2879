"""Home: what this is, and a network to begin with."""

import streamlit as st

from playground.data.digits import load_digits
from playground.experiment import Experiment
from playground.labs.catalog import LABS
from playground.presets import TEMPLATES
from playground.starts.points import STARTS, picture
from playground.ui import session
from playground.ui.digit_images import strip

SHOWN = 5  # digits of each class, which stand together in the sample

st.title("Deep learning playground")
st.markdown(
    "Build a network from layers, press **Train**, and watch it learn real handwritten digits with real PyTorch: "
    "losses, gradients and activations, live."
)


def open_in_train(experiment: Experiment) -> None:
    """A clean page Train with that experiment."""
    session.begin_with(experiment)
    st.switch_page("train.py")


if st.button("Start with a small CNN", type="primary", icon=":material/play_arrow:"):
    open_in_train(TEMPLATES[session.FIRST_TEMPLATE])

images = load_digits("sample").images
st.image(strip(images[:: len(images) // (10 * SHOWN)][: 10 * SHOWN : SHOWN // 2]), width="stretch")
st.caption("Some of the 5,000 MNIST digits that come with the playground.")

st.subheader("See it proved: three labs")
with st.grid(3, min_column_width=280):
    for lab in LABS:
        with st.container(border=True, height="stretch"):
            st.markdown(f"**{lab.title}**")
            st.caption(lab.intro)
            st.page_link(f"{lab.name.replace('-', '_')}.py", label="Open the lab", icon=":material/science:")

st.subheader("Or choose where to begin")
st.caption(
    ":blue[Train] and :orange[validation] loss of a run of each: eval mode, on the first 256 digits of each split, "
    "from 0 to 3 over all its steps; dotted: guessing, ln 10."
)
with st.grid(4, min_column_width=220):
    for start in STARTS:
        with st.container(border=True, height="stretch", key=f"start-{start.name}"):
            st.image(picture(start.name), width="stretch")
            st.markdown(f"**{start.title}**")
            st.caption(start.sentence)
            if st.button("Open", key=f"open.{start.name}", help=f"Open {start.title} on the page Train"):
                open_in_train(start.experiment)
