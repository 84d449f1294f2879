// Points of a map as digits and rings, on a canvas above a Plotly chart that has the axes, the zoom and the hover: as
// elements of a page, 500 of them take ten times as long to draw.

class Points {
  // `figure`: its traces say how digits and the two kinds of rings look.
  constructor(figure) {
    [this.digits, this.wrong, this.chosen] = figure.data;
    this.element = document.createElement("canvas");
    this.element.className = "dlp-points";
    this.element.setAttribute("aria-hidden", "true"); // the chart's label says what is shown
  }

  // `x`, `y`: lists in the units of the axes; `ringed`, `marked`: places in them.
  take({ x, y, labels, ringed, marked }, colors, theme) {
    Object.assign(this, { x, y, labels, ringed, marked, colors, theme });
  }

  paint(layout) {
    const { xaxis, yaxis, width, height } = layout;
    const scale = window.devicePixelRatio || 1;
    const [across, down] = [Math.round(width * scale), Math.round(height * scale)];
    if (this.element.width !== across) this.element.width = across;
    if (this.element.height !== down) this.element.height = down;
    const context = this.element.getContext("2d");
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    if (!this.x) return;
    context.save();
    context.beginPath();
    context.rect(xaxis._offset, yaxis._offset, xaxis._length, yaxis._length);
    context.clip();
    const [left, top] = [this.x.map((value) => xaxis._offset + xaxis.d2p(value)), this.y.map((value) => yaxis._offset + yaxis.d2p(value))];
    const { size, weight } = this.digits.textfont;
    context.font = `${weight} ${size}px ${this.theme.font}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (let place = 0; place < left.length; place++) {
      context.fillStyle = this.colors[this.labels[place]];
      context.fillText(this.labels[place], left[place], top[place]);
    }
    const ring = (places, { marker }, color) => {
      context.beginPath();
      for (const place of places) {
        context.moveTo(left[place] + marker.size / 2, top[place]);
        context.arc(left[place], top[place], marker.size / 2, 0, 2 * Math.PI);
      }
      context.lineWidth = marker.line.width;
      context.strokeStyle = color;
      context.stroke();
    };
    ring(this.ringed, this.wrong, this.theme.text);
    ring(this.marked, this.chosen, this.chosen.marker.color);
    context.restore();
  }
}
