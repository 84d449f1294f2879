"""What Streamlit's layouts can't do: a strip that stays in sight, dense rows of layers, pages as wide as the window."""

import streamlit as st

FRAME = """
<style>
[data-testid="stMainBlockContainer"] { padding-inline: clamp(1rem, 2.5vw, 3rem); }
.st-key-navigation [data-testid="stPageLink"] { margin-block: 1px; }
.st-key-navigation [data-testid="stPageLink"] a { min-height: 1.75rem; padding-block: 0.1rem; }
.st-key-navigation [data-testid="stCaptionContainer"] { margin-block: 0.9rem -0.7rem; }
/* The control strip stays at the top, under Streamlit's own header, while the page scrolls below it. */
[data-testid="stLayoutWrapper"]:has(> .st-key-strip) { position: sticky; top: 0; z-index: 90; }
.st-key-strip { padding-block: 0.5rem; background: light-dark(#FFFFFF, #11171D); }
/* What a link leads to is in sight below it, and stays there where a section above grows, for a browser holds on to
   what it sees first; --strip is what live/sight.js measures. */
[data-testid="stMain"]:has(.st-key-strip) {
  --covered: calc(var(--strip, 8.25rem) + 1rem);
  scroll-padding-top: var(--covered);
}
/* The strip itself is always in sight: to reach a button of it by keyboard doesn't scroll the page. */
.st-key-strip * { scroll-margin-block: calc(-1 * var(--covered)) var(--covered); }
[data-testid="stMain"] :is(h2, h3) { scroll-margin-top: 0.75rem; }
.st-key-sections p { white-space: nowrap; overflow-x: auto; scrollbar-width: none; }
.st-key-run-strip { row-gap: 0.2rem; }
.st-key-run-strip > .st-key-status { flex: 1 1 22rem; }
/* Ten buttons in one row at 1440 pixels. */
.st-key-train-strip, .st-key-train-strip > * > .st-key-controls { column-gap: 0.5rem; }
/* The way inside looks like the buttons beside it. */
.st-key-train-strip > :has(> [data-testid="stPageLink"]) { margin-block: 0; }
.st-key-train-strip [data-testid="stPageLink"] a {
  min-height: 2.5rem; margin-block: 0; padding-inline: 0.75rem;
  border: 1px solid light-dark(#DCE2E8, #303B46); border-radius: 0.5rem;
}
/* Import is an icon; its label is there for screen readers. */
[class*="st-key-strip-import"] [data-testid="stPopoverButton"] p {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
}
[class*="st-key-strip-import"] [data-testid="stPopoverButton"] > div > [aria-hidden="true"] { display: none; }
/* On a phone it takes two rows and the status; the way inside and Share stand beside the template. Its header is
   opaque. */
@media (max-width: 640px) {
  .st-key-train-strip { column-gap: 0.4rem; }
  [class*="st-key-strip-import"] button { padding-inline: 0.5rem; }
  .st-key-train-strip > :is(.st-key-strip-export, [data-testid="stLayoutWrapper"]:has(> .st-key-controls)) { order: 1; }
  .st-key-strip-export button { padding: 0.25rem 0.4rem; min-height: 2.2rem; min-width: 0; }
  .st-key-strip-export button p { font-size: 0.85rem; }
  .st-key-strip-export button span:has(> [data-testid="stIconMaterial"]) { display: none; }
  .st-key-train-strip > :has([data-testid="stSelectbox"]) { flex: 1 1 0; min-width: 0; }
  .st-key-train-strip [data-testid="stPageLink"] a { padding-inline: 0.4rem; }
  .st-key-share button { padding-inline: 0.4rem; }
  .st-key-share button span:has(> [data-testid="stIconMaterial"]) { display: none; }
  .st-key-train-strip [data-testid="stPageLink"] span:has(> [data-testid="stIconMaterial"]) { display: none; }
  [data-testid="stLayoutWrapper"]:has(> .st-key-strip) { top: 3.25rem; }
  .st-key-strip { gap: 0.4rem; }
  .st-key-controls { gap: 0.3rem; flex-wrap: nowrap; }
  .st-key-controls button { padding: 0.25rem 0.4rem; min-height: 2.2rem; min-width: 0; }
  .st-key-controls button p { font-size: 0.85rem; }
  .st-key-controls button span:has(> [data-testid="stIconMaterial"]) { display: none; }
}
/* A low window, as of a phone on its side, has no room for a strip that stays. */
@media (max-height: 560px) {
  [data-testid="stLayoutWrapper"]:has(> .st-key-strip) { position: static; }
}
</style>
"""
NETWORK = """
<style>
/* Icon buttons: the label is there for screen readers, the icon for the eyes. */
:is(.st-key-network-title, [class*="st-key-head-"]) button p {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
}
:is(.st-key-network-title, [class*="st-key-head-"]) button { min-height: 1.6rem; width: 1.6rem; padding: 0; }
[class*="st-key-head-"] [data-testid="stMenuButtonButton"] > div > div[aria-hidden="true"] { display: none; }
/* The buttons stay beside the name; on a narrow screen the name breaks instead. */
[class*="st-key-head-"] { flex-wrap: nowrap; }
[class*="st-key-head-"] > :first-child { flex: 1 1 0; min-width: 0; }
/* Rows: two lines a layer, one where it has no fields. */
.st-key-network [class*="st-key-layer-"] { padding: 0.15rem 0.3rem 0.15rem 0.6rem; }
[class*="st-key-fields-"] { row-gap: 0; column-gap: 0.6rem; }
/* Fields: the label stands before its number, and is itself what its help hangs on. */
.st-key-network [data-testid="stNumberInput"] { display: flex; align-items: center; gap: 0.35rem; }
.st-key-network [data-testid="stNumberInput"] label { position: relative; margin: 0; min-height: 0; flex: none; }
.st-key-network [data-testid="stNumberInput"] label p {
  font-size: 0.8rem; text-decoration: underline dotted; text-decoration-color: var(--st-border-color, gray);
  text-underline-offset: 0.2em;
}
.st-key-network [data-testid="stNumberInput"] label > div,
.st-key-network [data-testid="stNumberInput"] label > div * { width: 100%; height: 100%; }
.st-key-network [data-testid="stNumberInput"] label > div { position: absolute; inset: 0; margin: 0; }
.st-key-network [data-testid="stNumberInput"] label svg { opacity: 0; }
.st-key-network [data-testid="stNumberInput"] > div { flex: 1; min-width: 0; }
.st-key-network [data-testid="stNumberInputContainer"] { height: 1.75rem; }
.st-key-network [data-testid="stNumberInputField"] {
  min-width: 0; width: 100%; padding: 0 0.4rem; font-size: 0.875rem;
}
</style>
"""
RUNS = """
<style>
/* What belongs to the owner is icons, so that all stands in one row; the labels are there for screen readers. */
:is(.st-key-runs-edit, .st-key-runs-star, .st-key-runs-unstar, .st-key-runs-delete) button p {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
}
:is(.st-key-runs-star, .st-key-runs-unstar, .st-key-runs-delete) button * { gap: 0; margin-inline: 0; }
.st-key-runs-edit [data-testid="stPopoverButton"] > div > [aria-hidden="true"] { display: none; }
</style>
"""
EXPORT = """
<style>
/* A line a file, with its button at the end of it, on a phone too. */
[class*="st-key-file-"] { flex-wrap: nowrap; }
[class*="st-key-file-"] > :first-child { flex: 1 1 0; min-width: 0; }
[class*="st-key-file-"] p { line-height: 1.35; }
</style>
"""
LAB = """
<style>
.lab-arm { display: flex; align-items: center; gap: 0.5rem; }
.lab-arm i { width: 0.7rem; height: 0.7rem; border-radius: 50%; flex: none; }
.lab-difference { font-size: 0.8rem; opacity: 0.75; margin-top: 0.15rem; }
[class*="st-key-arm-"] [data-testid="stMarkdownContainer"] p { font-size: 0.85rem; }
[class*="st-key-arm-"] :is([data-testid="stPageLink"] a, button) { padding-inline: 0.3rem; min-height: 1.6rem; }
[class*="st-key-arm-"] :is([data-testid="stPageLink"], button) p { font-size: 0.85rem; white-space: nowrap; }
.st-key-answer { max-width: 60rem; }
/* A guess that is wider than a phone breaks into two rows. */
.st-key-run-row > * { min-width: 0; max-width: 100%; }
.st-key-run-row [role="radiogroup"] { flex-wrap: wrap; }
</style>
"""


def frame_style() -> None:
    """For every page."""
    st.html(FRAME)


def network_style() -> None:
    st.html(NETWORK)


def runs_style() -> None:
    st.html(RUNS)


def export_style() -> None:
    st.html(EXPORT)


def lab_style() -> None:
    st.html(LAB)
