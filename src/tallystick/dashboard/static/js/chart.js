// Draws the bars of a figure[data-chart] from the table it names, so the table and the chart cannot differ.
"use strict";

(() => {
  const css = (name) => {
    const probe = document.createElement("span");
    probe.style.color = `var(${name})`;
    document.body.append(probe);
    const colour = getComputedStyle(probe).color;
    probe.remove();
    return colour;
  };
  const two = (number) => String(number).padStart(2, "0");
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const label = (at, step) => {
    const date = new Date(at * 1000);
    return step < 86400 ? `${two(date.getUTCHours())}:00` : `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
  };
  const short = (value) => {
    for (const [size, unit] of [[1e9, "B"], [1e6, "M"], [1e3, "k"]]) if (value >= size) return `${+(value / size).toFixed(1)}${unit}`;
    return String(value);
  };

  const draw = (figure) => {
    const plot = figure.querySelector(".plot");
    const lines = [...document.getElementById(figure.dataset.chart).tBodies[0].rows];
    const step = Number(figure.dataset.step);
    const data = [lines.map((line) => Number(line.dataset.at)), lines.map((line) => Number(line.dataset.value))];
    if (!data[0].length) return null;
    const tip = document.createElement("div");
    tip.className = "tip";
    const paint = () => ({ bar: css("--bar"), line: css("--line"), ink: css("--ink-3"), over: css("--accent") });
    const colours = paint();
    const font = `12px ${getComputedStyle(document.body).fontFamily}`;
    const move = (chart) => {
      const at = chart.cursor.idx;
      if (at == null) { tip.style.visibility = "hidden"; return; }
      const cells = lines[at].cells;
      tip.replaceChildren();
      const strong = document.createElement("strong");
      strong.textContent = cells[2].textContent.trim();
      tip.append(strong, `${cells[0].textContent.trim()} · ${cells[1].textContent.trim()} payment${cells[1].textContent.trim() === "1" ? "" : "s"}`);
      const x = chart.valToPos(data[0][at], "x") + chart.bbox.left / devicePixelRatio;
      tip.style.visibility = "visible";
      tip.style.left = `${Math.min(Math.max(4, x - tip.offsetWidth / 2), plot.clientWidth - tip.offsetWidth - 4)}px`;
    };
    const axis = { stroke: () => colours.ink, font, ticks: { show: false } };
    const chart = new uPlot({
      width: plot.clientWidth, height: plot.clientHeight, legend: { show: false }, padding: [8, 8, 0, 0],
      tzDate: (at) => new Date((at + new Date(at * 1000).getTimezoneOffset() * 60) * 1000),
      cursor: { y: false, points: { show: false }, drag: { x: false, y: false }, x: true },
      scales: { x: { time: false, range: [data[0][0] - step * 0.6, data[0].at(-1) + step * 0.6] }, y: { range: (_, __, top) => [0, top > 0 ? top * 1.08 : 1] } },
      series: [{}, { fill: () => colours.bar, stroke: () => colours.bar, width: 0, paths: uPlot.paths.bars({ size: [0.72, 34], radius: 0.12 }), points: { show: false } }],
      axes: [
        { ...axis, grid: { show: false }, size: 28, gap: 4, splits: (u) => { const room = Math.max(1, Math.ceil(data[0].length / Math.floor(u.width / 62))); return data[0].filter((_, i) => i % room === 0); }, values: (_, marks) => marks.map((at) => label(at, step)) },
        { ...axis, grid: { stroke: () => colours.line, width: 1 }, size: 46, gap: 6, space: 44, values: (_, marks) => marks.map(short) },
      ],
      hooks: { setCursor: [move] },
    }, data, plot);
    figure.append(tip);
    document.addEventListener("tally:theme", () => { Object.assign(colours, paint()); chart.redraw(false); });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { Object.assign(colours, paint()); chart.redraw(false); });
    new ResizeObserver(() => { if (plot.clientWidth && plot.clientWidth !== chart.width) chart.setSize({ width: plot.clientWidth, height: plot.clientHeight }); }).observe(plot);
    return chart;
  };

  document.querySelectorAll("figure[data-chart]").forEach(draw);
})();
