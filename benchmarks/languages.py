"""How many tokens open_clip's English tokenizer needs for the same words in several languages; a Markdown table.

python -m benchmarks.languages
"""

from open_clip.tokenizer import SimpleTokenizer

WORDS = {
    "English": "a red boat on the sea",
    "German": "ein rotes Boot auf dem Meer",
    "French": "un bateau rouge sur la mer",
    "Polish": "czerwona łódź na morzu",
    "Greek": "μια κόκκινη βάρκα στη θάλασσα",
    "Arabic": "قارب أحمر في البحر",
    "Hindi": "समुद्र पर एक लाल नाव",
    "Japanese": "海の上の赤い船",
    "Chinese": "海上的红色小船",
}

if __name__ == "__main__":
    tokenizer = SimpleTokenizer()
    print("| language | words | tokens |\n|---|---|---|")
    for language, words in WORDS.items():
        print(f"| {language} | {words} | {len(tokenizer.encode(words))} |")
