"""Quantities as text: seconds, bytes, fractions and their intervals.

The only place that formats a quantity; a missing figure (NaN) is a dash, never 0.
"""

from math import floor, isnan, log10

MISSING = "–"
"""Shown where a figure is not known."""

_TIME_STEPS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
_ROUNDS_UP = 0.9995  # of a unit: from here on three digits show a whole one
_BYTE_STEPS = ((1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))


def ms_from_s(seconds: float) -> float:
    """Milliseconds of a number of seconds."""
    return seconds * 1e3


def format_number(value: float) -> str:
    """Three significant digits without an exponent, all digits before the point; two below a tenth.

    Examples
    --------
    >>> format_number(1234.5), format_number(12.345), format_number(0.5), format_number(0.00123)
    ('1234', '12.3', '0.50', '0.0012')
    >>> format_number(float("nan"))
    '–'
    """
    if isnan(value):
        return MISSING
    size = abs(value)
    if 0 < size < 0.1:
        return f"{value:.{1 - floor(log10(size))}f}"
    return f"{value:.{0 if size >= 99.95 else 1 if size >= 9.995 else 2}f}"


def format_seconds(seconds: float) -> str:
    """A duration in the unit that fits it.

    Examples
    --------
    >>> format_seconds(1.5), format_seconds(0.0123), format_seconds(2e-7), format_seconds(0)
    ('1.50 s', '12.3 ms', '200 ns', '0 s')
    """
    if isnan(seconds):
        return MISSING
    if seconds == 0:
        return "0 s"
    fitting = (step for step in _TIME_STEPS if abs(seconds) >= _ROUNDS_UP * step[0])
    size, unit = next(fitting, _TIME_STEPS[-1])
    return f"{format_number(seconds / size)} {unit}"


def format_bytes(n_bytes: float) -> str:
    """A number of bytes in the binary unit that fits it.

    Examples
    --------
    >>> format_bytes(512), format_bytes(3 << 20), format_bytes(float("nan"))
    ('512 B', '3.00 MiB', '–')
    """
    if isnan(n_bytes):
        return MISSING
    for size, unit in _BYTE_STEPS:
        if abs(n_bytes) >= size:
            return f"{format_number(n_bytes / size)} {unit}"
    return f"{n_bytes:.0f} B"


def format_fraction(fraction: float) -> str:
    """A fraction as percent, one digit after the point.

    Examples
    --------
    >>> format_fraction(0.4123), format_fraction(0.0001), format_fraction(float("nan"))
    ('41.2 %', '<0.1 %', '–')
    """
    if isnan(fraction):
        return MISSING
    if 0 < fraction < 0.0005:
        return "<0.1 %"
    return f"{100 * fraction:.1f} %"


def format_fraction_interval(low: float, high: float) -> str:
    """Both ends of an interval of fractions, as percent.

    Examples
    --------
    >>> format_fraction_interval(0.401, 0.423), format_fraction_interval(float("nan"), 1.0)
    ('40.1–42.3 %', '–')
    """
    if isnan(low) or isnan(high):
        return MISSING
    return f"{100 * low:.1f}–{100 * high:.1f} %"


def format_change(seconds: float) -> str:
    """A signed duration.

    Examples
    --------
    >>> format_change(0.25), format_change(-0.002), format_change(0.0)
    ('+250 ms', '−2.00 ms', '0 s')
    """
    if isnan(seconds) or seconds == 0:
        return format_seconds(seconds)
    return ("+" if seconds > 0 else "−") + format_seconds(abs(seconds))


def format_nanoseconds(nanoseconds: float) -> str:
    """A duration that was measured in nanoseconds, in the unit that fits it.

    Examples
    --------
    >>> format_nanoseconds(2.5e6), format_nanoseconds(float("nan"))
    ('2.50 ms', '–')
    """
    return format_seconds(nanoseconds / 1e9)


def format_ratio(ratio: float) -> str:
    """A ratio of two durations: three digits after the point, three significant ones where it is large.

    Examples
    --------
    >>> format_ratio(1.4), format_ratio(123.456), format_ratio(float("nan"))
    ('1.400', '123', '–')
    """
    return f"{ratio:.3f}" if abs(ratio) < 9.995 else format_number(ratio)


def format_ratio_interval(low: float, high: float) -> str:
    """Both ends of an interval of ratios.

    Examples
    --------
    >>> format_ratio_interval(1.392, 1.408), format_ratio_interval(float("nan"), 1.0)
    ('1.392 to 1.408', '–')
    """
    if isnan(low) or isnan(high):
        return MISSING
    return f"{format_ratio(low)} to {format_ratio(high)}"


def format_points(points: float) -> str:
    """A difference of two percentages with its sign, one digit after the point.

    Examples
    --------
    >>> format_points(4.25), format_points(-1.0), format_points(0.02), format_points(float("nan"))
    ('+4.2 points', '−1.0 point', '0.0 points', '–')
    """
    if isnan(points):
        return MISSING
    size = f"{abs(points):.1f}"
    unit = "point" if size == "1.0" else "points"
    return f"{size} {unit}" if size == "0.0" else f"{'+' if points > 0 else '−'}{size} {unit}"


def format_signed_pct(percent: float) -> str:
    """A change in percent with its sign, one digit after the point.

    Examples
    --------
    >>> format_signed_pct(20.0), format_signed_pct(-28.64), format_signed_pct(0.01), format_signed_pct(float("nan"))
    ('+20.0 %', '−28.6 %', '0.0 %', '–')
    """
    if isnan(percent):
        return MISSING
    size = f"{abs(percent):.1f} %"
    return size if size == "0.0 %" else ("+" if percent > 0 else "−") + size
