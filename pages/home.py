"""Home: what this is, and a network to begin with."""

import streamlit as st

from playground.data.digits import load_digits
from playground.labs.catalog import LABS
from playground.network.shapes import trace
from playground.presets import DESCRIPTIONS, TEMPLATES
from playground.ui import session
from playground.ui.digit_images import strip

SHOWN = 5  # digits of each class, which stand together in the sample

st.title("Deep learning playground")
st.markdown(
    "Build a network from layers, press **Train**, and watch it learn real handwritten digits with real PyTorch: "
    "losses, gradients and activations, live."
)


def open_template(name: str) -> None:
    """A clean page Train with that network."""
    session.load(TEMPLATES[name])
    session.keep("run", None)
    session.keep("origin", None)
    st.switch_page("train.py")


if st.button("Start with a small CNN", type="primary", icon=":material/play_arrow:"):
    open_template(session.FIRST_TEMPLATE)

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
with st.grid(3, min_column_width=280):
    for name, experiment in TEMPLATES.items():
        with st.container(border=True, height="stretch"):
            st.markdown(f"**{name}** :gray[:small[{trace(experiment.network).parameters:,} parameters]]")
            st.caption(DESCRIPTIONS[name])
            if st.button("Open", key=f"open.{name}", help=f"Open {name} on the page Train"):
                open_template(name)
