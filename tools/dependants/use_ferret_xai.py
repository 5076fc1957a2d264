"""ferret's LIMEExplainer on a small transformer that is made here, with random weights."""

import json

import numpy as np
import torch
from ferret.explainers.lime import LIMEExplainer
from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

words = ["such", "a", "good", "play", "but", "dull", "and", "not", "fun", "film", "bad", "fine", "the", "of"]
with open("vocab.txt", "w") as file:
    file.write("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words]))
tokenizer = BertTokenizerFast("vocab.txt")
torch.manual_seed(0)
torch.set_num_threads(1)
config = BertConfig(
    vocab_size=tokenizer.vocab_size,
    hidden_size=32,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=64,
    initializer_range=0.5,
)
model = BertForSequenceClassification(config).eval()
explainer = LIMEExplainer(model, tokenizer)
weights: dict[str, float] = {}
for text in ("such a good play but dull and not fun", "a bad film"):
    explained = explainer(
        text, target=1, init_args={"random_state": 1}, call_args={"num_samples": 2000, "batch_size": 64}
    )
    assert len(explained.scores) == len(explained.tokens) == len(text.split()) + 2
    assert explained.scores[0] == explained.scores[-1] == 0
    weights |= {f"{text} {i}": float(score) for i, score in enumerate(np.asarray(explained.scores))}
explained = explainer("a bad film", target=0)
assert len(explained.scores) == 5
print(json.dumps(weights))
