"""Writes tokens.json: token ids of texts by transformers' CLIPTokenizerFast with CLIP's own vocabulary.

    pip install transformers==4.57.6 tokenizers==0.22.2     (no torch needed)
    tools/fetch_vocabulary.sh
    python tests/golden/make_tokens.py

transformers wants vocab.json beside merges.txt; its ids follow from the merges: bytes, bytes that end a word, merges,
start, end.
"""
import json
import pathlib
import shutil
import tempfile

import tokenizers
import transformers

HERE = pathlib.Path(__file__).parent
MERGES = HERE.parent.parent / "third_party/fetched/clip/merges.txt"

TEXTS = [
    # plain words
    "", "a photo of a cat", "A Photo Of A CAT", "masterpiece, best quality, ultra-detailed, 8k uhd, by greg rutkowski",
    "portrait of a woman with red hair, sharp focus, f/1.8, 85mm, trending on artstation",
    "antidisestablishmentarianism floccinaucinihilipilification", "xqzjvk wwwwwwwwww aaaaaaaaaaaaaaaaaaaaaaaa",
    "snake_case_words and kebab-case-words and CamelCaseWords", "smiling face with heart-eyes",
    # signs
    "wow!!! really?!?! ...", "((very detailed)), [blurry], {a|b}", "(word:1.2) [from:to:0.5]", "a,b,c ,, , ,,,",
    "50% off & 3 < 4 > 2 = #1 @home ^_^ ~tilde~ `tick` $9.99", "path\\to\\file and/or a+b=c * d", "<lora:name:0.8>",
    "-- --- ----- ________ ======", "\"quoted\" 'single' “curly” ‘also curly’ — dash – dash…",
    "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", ":) ;-) <3 xD (╯°□°)╯︵ ┻━┻",
    # numbers
    "1234567890", "3.14159 1,000,000 v2.1 1girl 2boys 4k 1920x1080", "¼ ² ① Ⅳ ٣٤ 五 Ⅻ ½cup",
    # contractions
    "it's don't we're I've I'm you'll he'd", "IT'S DON'T WE'RE I'VE I'M YOU'LL HE'D", "rock 'n' roll 'tis o'clock dogs' 's's",
    "''s '''t x'ſ it’s", "'re've'll",
    # accents, composed and decomposed
    "café naïve façade Ångström über", "cafe\u0301 nai\u0308ve fac\u0327ade", "\u212b \u2126 \u1e9b\u0323 q\u0307\u0323 q\u0323\u0307",
    "İstanbul IĞDIR ıspanak ẞ straße ΣΑΣ ὈΔΥΣΣΕΎΣ ǅ Ⓐ", "ﬁne ﬂow ﬀ ｆｕｌｌｗｉｄｔｈ Ａ１", "Ελληνικά Русский ЁЖИК український",
    "\u0344 \u0958 \u2adc \u0f73\u0f71 a\u0315\u0300\u05ae\u0300b", "각 \u1100\u1161\u11a8 \uac00\u11a8",
    # other scripts
    "日本の城と桜", "中文字符，标点。", "한국어 문장", "हिन्दी में", "ภาษาไทย", "שלום עולם", "مرحبا بالعالم", "Tiếng Việt",
    "አማርኛ ქართული հայերեն", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𝟘𝟙𝟚 𐐀𐐨",
    # emoji
    "😀", "a 😀 b😀c", "👩‍👩‍👧‍👦 family", "👍🏽 thumbs 🇩🇪 flag", "❤️ ☺️ ⭐⭐⭐", "🫠🪿 new ones",
    # blanks and invisible signs
    "  leading and trailing  ", "tabs\tand\nnew\r\nlines\x0b\x0c", "\u3000wide\u2003em\u2009thin\u00a0nbsp\u202fnarrow\u2028line\u1680ogham",
    "zero\u200bwidth\u200djoin\ufeffbom soft\u00adhyphen", "nul\x00 unit\x1fsep file\x1csep esc\x1b[0m del\x7f next\x85line",
    "replacement \ufffd sign \uffff \U0010ffff private \ue000", " ", "\n\n\n",
    # special tokens written in the text
    "a <|endoftext|> b", "a<|startoftext|>b", "<|ENDOFTEXT|>", "<|endoftext|>'s <|endoftext <|end|>", "!!<|endoftext|>!!",
    # long
    ", ".join(f"word{i} detail" for i in range(60)), "a" * 300, "!" * 200, "na" * 100 + " batman", "é" * 50, "日" * 40,
]


def byte_symbols():
    own = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in own]
    return [chr(byte) for byte in own] + [chr(256 + i) for i in range(len(others))]


def write_vocabulary(folder):
    merges = [line for line in MERGES.read_text(encoding="utf-8").split("\n")[1:] if line]
    symbols = byte_symbols()
    tokens = symbols + [s + "</w>" for s in symbols] + [m.replace(" ", "") for m in merges]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    ids = {token: i for i, token in enumerate(tokens)}
    assert len(ids) == len(tokens) == 49408
    (folder / "vocab.json").write_text(json.dumps(ids), encoding="utf-8")
    shutil.copy(MERGES, folder / "merges.txt")


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write_vocabulary(folder)
        tokenizer = transformers.CLIPTokenizerFast.from_pretrained(folder)
    cases = [{"text": text, "ids": tokenizer(text, add_special_tokens=False).input_ids} for text in TEXTS]
    made_with = f"transformers {transformers.__version__} CLIPTokenizerFast, tokenizers {tokenizers.__version__}"
    lines = ",\n".join(json.dumps(case) for case in cases)
    (HERE / "tokens.json").write_text(f'{{"made_with": "{made_with}",\n"cases": [\n{lines}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
