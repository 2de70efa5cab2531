"""Short texts in many scripts, with white space and characters of several code points."""

from hypothesis import strategies as st

from tests.tasks.text.vocabularies import CORPUS

NASTY = st.text(
    st.sampled_from("aé b1.,-\t\r\n\x00\u00a0\u3000\u2028今天公。ดีสตेनأب👩👧😀🇫🇷")
    | st.sampled_from("\u0301\u200d\ufe0f"),
    max_size=24,
) | st.sampled_from(CORPUS).flatmap(lambda text: st.integers(0, len(text)).map(lambda cut: text[cut : cut + 30]))
