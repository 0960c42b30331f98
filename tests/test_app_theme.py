"""Colours of the theme, light and dark: whatever is read can be read (WCAG 2.2 AA, computed from the settings)."""

import tomllib

import pytest

from tests.conftest import ROOT

THEME = tomllib.loads((ROOT / "apps" / ".streamlit" / "config.toml").read_text())["theme"]
TEXT, LARGE = 4.5, 3.0
"""Contrast that text needs, and large text, controls and marks of focus (1.4.3, 1.4.11)."""


def luminance(colour):
    """Relative luminance of ``#rrggbb`` by the definition of WCAG 2.2."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def faded(colour, ground, opacity):
    """A colour that is not opaque, as it stands on its ground."""
    parts = [
        round(int(colour[i : i + 2], 16) * opacity + int(ground[i : i + 2], 16) * (1 - opacity)) for i in (1, 3, 5)
    ]
    return "#" + "".join(f"{part:02x}" for part in parts)


def test_contrast_is_that_of_the_standard():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert faded("#000000", "#ffffff", 0.5) == "#808080"


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_all_that_is_read_can_be_read(mode):
    colours = THEME[mode]
    grounds = [colours["backgroundColor"], colours["secondaryBackgroundColor"]]
    for ground in grounds:
        assert contrast(colours["textColor"], ground) >= 7
        assert contrast(faded(colours["textColor"], ground, 0.6), ground) >= TEXT  # captions of Streamlit
        assert contrast(faded(colours["textColor"], ground, 0.75), ground) >= TEXT  # the quietest text of the cards
        assert contrast(colours["linkColor"], ground) >= TEXT
        assert contrast(colours["primaryColor"], ground) >= TEXT  # figures of sliders, buttons under the pointer
    assert contrast(colours["primaryColor"], grounds[0]) >= TEXT  # words on a button that is pressed
    on_button = {"light": "#ffffff", "dark": "#171614"}[mode]  # as page.css has it
    assert contrast(on_button, colours["primaryColor"]) >= TEXT
    assert contrast("#ffffff", colours["primaryColor"]) >= LARGE  # ticks
