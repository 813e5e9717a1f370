import pytest

from dagprop.diagram import palette


def luminance(colour):
    """Relative luminance, as the Web Content Accessibility Guidelines define it."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(a, b):
    lighter, darker = sorted((luminance(a), luminance(b)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("tenth", range(-40, 41))
def test_every_colour_of_the_scale_stands_out_from_white_and_reads_as_text_on_its_tint(tenth):
    colour = palette.scale(tenth / 10)
    assert contrast(colour, palette.PAPER) >= 3.2
    assert contrast(palette.ink(colour), palette.tint(colour)) >= 4.5
    assert contrast(palette.ink(colour), palette.SCOPE) >= 4.5


@pytest.mark.parametrize("colour", [palette.NOT_FINITE, palette.TEXT, palette.FAINT])
def test_texts_have_contrast(colour):
    assert contrast(palette.ink(colour), palette.PAPER) >= 4.5
    assert contrast(palette.FAINT, palette.PLAIN_TINT) >= 4.3


def test_the_scale_is_clamped_at_four_powers_of_ten():
    assert palette.scale(-40) == palette.scale(-4) == palette.SCALE[0]
    assert palette.scale(40) == palette.scale(4) == palette.SCALE[-1]
    assert palette.scale(float("-inf")) == palette.SCALE[0]
    assert palette.scale(0) == palette.SCALE[4]
