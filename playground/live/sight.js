// Whether an element is in sight: neither under the strip at the top of the page, nor no more than a rim of it. What isn't
// seen is not asked for and not drawn: both take processor time from training.

const SEEN_AT_LEAST = 80; // px of a window's height, however low it is

class InSight {
  // `tell(isIntersecting)` at first, and whenever it changes. In pixels: the `rim` at its end that doesn't count, and its
  // `head`, a title and buttons above what is to be seen.
  constructor(element, { rim = 0, head = rim }, tell) {
    Object.assign(this, { element, rim, head, tell });
    this.strip = document.querySelector(".st-key-strip");
    this.resize = new ResizeObserver(() => this.watch());
    this.resize.observe(document.documentElement);
    if (this.strip) this.resize.observe(this.strip); // it grows while the page loads
    this.watch();
  }

  // Pixels at the top of the window.
  get covered() {
    if (!this.strip) return 0;
    const { position, top } = getComputedStyle(this.strip.parentElement);
    return position === "sticky" ? this.strip.offsetHeight + parseFloat(top) : 0;
  }

  watch() {
    const covered = this.covered;
    document.documentElement.style.setProperty("--strip", `${covered}px`); // where a link to a section leads to
    const most = Math.max(0, (innerHeight - SEEN_AT_LEAST) / 2);
    const margins = `${-Math.round(Math.min(covered + this.rim, most))}px 0px ${-Math.round(Math.min(this.head, most))}px`;
    if (margins === this.margins) return;
    this.margins = margins;
    this.observer?.disconnect();
    this.observer = new IntersectionObserver((entries) => this.tell(entries.at(-1).isIntersecting), { rootMargin: margins });
    this.observer.observe(this.element);
  }

  disconnect() {
    this.resize.disconnect();
    this.observer.disconnect();
  }
}
