// Whether an element is in sight: neither under the strip at the top of the page, nor no more than a rim of it. What isn't
// seen is not asked for and not drawn: both take processor time from training.

const SEEN_AT_LEAST = 80; // px of a window's height, however low it is

class InSight {
  static all = new Set(); // weak references: what looked at a page that was left goes with its elements
  static resize = new ResizeObserver(() => {
    const covered = InSight.measureStrip();
    for (const reference of InSight.all) {
      const one = reference.deref();
      if (one) one.watch(covered);
      else InSight.all.delete(reference);
    }
  });

  static get strip() {
    return document.querySelector(".st-key-strip");
  }

  // Pixels at the top of the window that the strip covers; a link to a section leads to below it.
  static measureStrip() {
    const { strip } = InSight;
    const { position, top } = strip ? getComputedStyle(strip.parentElement) : {};
    const covered = position === "sticky" ? strip.offsetHeight + parseFloat(top) : 0;
    document.documentElement.style.setProperty("--strip", `${covered}px`);
    return covered;
  }

  // `tell(isIntersecting)` at first, and whenever it changes. In pixels: the `rim` at its end that doesn't count, and its
  // `head`, a title and buttons above what is to be seen.
  constructor(element, { rim = 0, head = rim }, tell) {
    Object.assign(this, { element, rim, head, tell });
    this.reference = new WeakRef(this);
    InSight.all.add(this.reference);
    InSight.resize.observe(document.documentElement);
    if (InSight.strip) InSight.resize.observe(InSight.strip); // it grows while the page loads
    this.watch(InSight.measureStrip());
  }

  watch(covered) {
    const most = Math.max(0, (innerHeight - SEEN_AT_LEAST) / 2);
    const [above, below] = [covered + this.rim, this.head].map((one) => Math.round(Math.min(one, most)));
    const margins = `${-above}px 0px ${-below}px`;
    if (margins === this.margins) return;
    this.margins = margins;
    this.observer?.disconnect();
    this.observer = new IntersectionObserver((entries) => this.tell(entries.at(-1).isIntersecting), { rootMargin: margins });
    this.observer.observe(this.element);
  }

  disconnect() {
    InSight.all.delete(this.reference);
    this.observer.disconnect();
  }
}
