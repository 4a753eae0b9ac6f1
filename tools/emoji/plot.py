"""Two small charts as SVG: lines over a numeric axis, and pairs of bars. Written by hand: they need nothing but text."""
from html import escape

WIDTH, HEIGHT = 460, 300  # of one chart, with its axes
LEFT, RIGHT, TOP, BOTTOM = 52, 16, 40, 56
COLOURS = ["#0b6bcb", "#c2410c", "#15803d", "#7e22ce"]
PLOT_WIDTH, PLOT_HEIGHT = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM


def _text(x, y, text, anchor="middle", size=11, fill="#333", extra=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{fill}"{extra}>{escape(text)}</text>'


def _percent_frame(title, y_title):
    """Title, y axis 0..100 % with grid lines"""
    out = [_text(LEFT, 18, title, "start", 13, "#111", ' font-weight="bold"')]
    for percent in range(0, 101, 20):
        y = TOP + PLOT_HEIGHT * (1 - percent / 100)
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
        out.append(_text(LEFT - 6, y + 4, f"{percent} %", "end"))
    middle = TOP + PLOT_HEIGHT / 2
    out.append(_text(12, middle, y_title, extra=f' transform="rotate(-90 12 {middle:.1f})"'))
    return out


def _legend(names):
    out, x = [], LEFT
    for name, colour in zip(names, COLOURS):
        out.append(f'<rect x="{x}" y="{TOP - 16}" width="10" height="10" fill="{colour}"/>')
        out.append(_text(x + 14, TOP - 7, name, "start"))
        x += 26 + 6.2 * len(name)
    return out


def line_chart(title, x_title, y_title, x_values, series):
    """series: name -> shares 0..1, one per x value"""
    out = _percent_frame(title, y_title) + _legend(series)
    low, high = min(x_values), max(x_values)
    place = lambda x, share: (LEFT + 10 + (PLOT_WIDTH - 20) * (x - low) / (high - low), TOP + PLOT_HEIGHT * (1 - share))
    for x in x_values:
        out.append(_text(place(x, 0)[0], TOP + PLOT_HEIGHT + 16, f"{x:g}"))
    out.append(_text(LEFT + PLOT_WIDTH / 2, HEIGHT - 16, x_title))
    for shares, colour in zip(series.values(), COLOURS):
        points = [place(x, share) for x, share in zip(x_values, shares)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in points]
    return out


def bar_chart(title, y_title, groups, names):
    """groups: label (lines split at a newline) -> one share 0..1 per name"""
    out = _percent_frame(title, y_title) + _legend(names)
    room = PLOT_WIDTH / len(groups)
    width = min(40, room * 0.7 / len(names))
    for i, (label, shares) in enumerate(groups.items()):
        centre = LEFT + room * (i + 0.5)
        for k, (share, colour) in enumerate(zip(shares, COLOURS)):
            x = centre + (k - len(names) / 2) * width
            y = TOP + PLOT_HEIGHT * (1 - share)
            out.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{width - 2:.1f}" height="{PLOT_HEIGHT * share:.1f}" fill="{colour}"/>')
            out.append(_text(x + width / 2, y - 4, f"{100 * share:.0f}" if share > 0.095 else f"{100 * share:.1f}", size=10))
        for row, line in enumerate(label.split("\n")):
            out.append(_text(centre, TOP + PLOT_HEIGHT + 15 + 13 * row, line, size=10))
    return out


def svg(charts, description):
    """Charts side by side"""
    body = [f'<g transform="translate({i * WIDTH} 0)">\n' + "\n".join(chart) + "\n</g>" for i, chart in enumerate(charts)]
    width = WIDTH * len(charts)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{HEIGHT}" viewBox="0 0 {width} {HEIGHT}" '
            f'font-family="sans-serif" role="img">\n<title>{escape(description)}</title>\n'
            f'<rect width="100%" height="100%" fill="white"/>\n' + "\n".join(body) + "\n</svg>\n")
