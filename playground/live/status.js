// How far a run is, as a bar and in words; and, now and then, aloud.

const SPEAK_EVERY = 10_000; // ms

class StatusLine {
  constructor() {
    this.element = document.createElement("div");
    this.element.className = "dlp-status";
    this.element.innerHTML =
      '<div class="dlp-bar" role="progressbar" aria-label="Training progress" aria-valuemin="0"><i></i></div><span></span>';
    this.bar = this.element.firstChild;
    this.words = this.element.lastChild;
  }

  draw(status, link) {
    const share = status?.total_steps ? Math.min(1, status.step / status.total_steps) : 0;
    this.bar.firstChild.style.setProperty("--share", share);
    this.bar.setAttribute("aria-valuemax", status?.total_steps ?? 0);
    this.bar.setAttribute("aria-valuenow", status?.step ?? 0);
    this.element.dataset.state = status?.state ?? "";
    const words = linkText(link) ?? (status ? statusText(status) : "");
    if (this.words.textContent !== words) this.words.textContent = words;
    this.bar.setAttribute("aria-valuetext", words);
  }
}

function linkText(link) {
  return { broken: "reconnecting…", gone: "this run has been deleted" }[link] ?? null;
}

function statusText(status) {
  if (status.state === "queued") {
    return status.place ? `place ${status.place} in the queue` : "waiting for a worker";
  }
  const whole = (number) => number.toLocaleString("en-US");
  const isRunning = status.state === "running";
  if (isRunning && !status.step) return "about to make its first step";
  if (!status.step) return "";
  const isDone = status.step === status.total_steps;
  const words = [isDone ? `${whole(status.step)} steps` : `step ${whole(status.step)} of ${whole(status.total_steps)}`];
  const epoch = trimmed(status.epoch);
  if (isDone) words.push(`${epoch} epochs`);
  else words.push(status.epochs ? `epoch ${epoch} of ${status.epochs}` : `epoch ${epoch}`);
  if (isRunning) {
    words.push(`${whole(status.digits_per_second)} digits/s`);
    if (status.seconds_left !== null) words.push(`${duration(status.seconds_left)} left`);
  } else if (status.seconds) {
    words.push(`${duration(status.seconds)} of training`);
  }
  return words.join(" · ");
}

function trimmed(epoch) {
  return epoch >= 100 ? Math.round(epoch).toString() : String(Number(epoch.toFixed(1)));
}

// 12 s, 3 min 20 s, 2 h 5 min.
function duration(seconds) {
  const whole = Math.max(seconds > 0 ? 1 : 0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

// Says at most every ten seconds, and at once when the state changes, where the run is.
class Voice {
  constructor() {
    this.element = document.createElement("p");
    this.element.className = "dlp-spoken";
    this.element.setAttribute("aria-live", "polite");
    this.last = 0;
  }

  // True where it has spoken.
  hear(status) {
    if (!status || (status.state === this.state && (status.state !== "running" || performance.now() - this.last < SPEAK_EVERY))) {
      return false;
    }
    const isFirst = this.state === undefined;
    this.state = status.state;
    this.last = performance.now();
    if (isFirst && status.state !== "running") return false;
    const accuracy = status.validation_accuracy;
    const measured = accuracy === null ? "" : `: validation accuracy ${(100 * accuracy).toFixed(1)} %`;
    this.element.textContent = `${status.state}, step ${status.step}${measured}`;
    return true;
  }
}
