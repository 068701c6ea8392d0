"""A logistic regression beside the networks: on pixels, and on what the front end of oriented edges makes of them.

Reads the arrays that the example `edges_of_images` writes. Each row is one task: all labels, or some, with the same
training and test images that a network is given. With labels that are not learned it also says how well the largest
probability tells known from unknown images (AUROC). Prints a table, or one JSON document with --json.
"""

import argparse
import json
import sys

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score


def chosen(labels, classes, per_class):
    """Places of the first so many images of each class."""
    return np.concatenate([np.flatnonzero(labels == c)[:per_class] for c in classes])


def inputs(values):
    """Intensities in 0..1, each image scaled to the same mean, as the networks are shown them."""
    values = values.reshape(len(values), -1).astype(np.float32) / 255
    return values / np.maximum(values.mean(axis=1, keepdims=True), 1e-6) * 0.13


def fitted(arrays, kind, task, strength):
    """Accuracy on known test images, and AUROC of known against unknown ones."""
    labels = {part: arrays[f"labels_{part}"] for part in ("train", "test")}
    train = chosen(labels["train"], task["classes"], task["per_class"])
    if task["hold_out"]:
        # The images of each class that follow those that are trained on.
        more = chosen(labels["train"], task["classes"], task["per_class"] + task["hold_out"])
        of, known = "train", np.setdiff1d(more, train)
    else:
        of, known = "test", chosen(labels["test"], task["classes"], task["test_per_class"])
    model = LogisticRegression(C=strength, max_iter=300, tol=1e-4)
    model.fit(inputs(arrays[f"{kind}_train"][train]), labels["train"][train])
    answers = model.predict_proba(inputs(arrays[f"{kind}_{of}"][known]))
    right = model.classes_[answers.argmax(axis=1)] == labels[of][known]
    found = {"accuracy": float(right.mean()), "images": len(known)}
    if task["unknown"]:
        other = chosen(labels["test"], task["unknown"], task["test_per_class"])
        others = model.predict_proba(inputs(arrays[f"{kind}_test"][other]))
        scores = np.concatenate([answers.max(axis=1), others.max(axis=1)])
        truth = np.concatenate([np.ones(len(known)), np.zeros(len(other))])
        found["auroc_unknown"] = float(roc_auc_score(truth, scores))
    return found


def tasks_of(args):
    common = {"per_class": args.per_class, "test_per_class": args.test_per_class, "hold_out": args.hold_out}
    if args.splits:
        with open(args.splits, encoding="utf-8") as file:
            splits = json.load(file)["splits"]
        return [{**common, "classes": s["classes"], "unknown": s["unknown"]} for s in splits]
    numbers = lambda text: [int(number) for number in text.split(",") if number]
    return [{**common, "classes": numbers(args.classes), "unknown": numbers(args.unknown)}]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("arrays", help="the .npz that the example edges_of_images wrote")
    parser.add_argument("--classes", default="0,1,2,3,4,5,6,7,8,9")
    parser.add_argument("--unknown", default="", help="labels that are shown without having been learned")
    parser.add_argument("--splits", help="result.json of `spikeprune reproduce`: its splits instead")
    parser.add_argument("--per-class", type=int, default=10**6, help="training images of each class")
    parser.add_argument("--test-per-class", type=int, default=10**6, help="test images of each class")
    parser.add_argument("--hold-out", type=int, default=0, help="test on so many training images of each class instead")
    parser.add_argument("--strength", type=float, default=0.3, help="inverse of the L2 penalty (scikit-learn's C)")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    arrays = np.load(args.arrays)
    tell = lambda text: print(text, file=sys.stderr if args.json else sys.stdout, flush=True)
    rows = []
    for task in tasks_of(args):
        for kind in ("pixels", "edges"):
            rows.append({**task, "inputs": kind, **fitted(arrays, kind, task, args.strength)})
            row = rows[-1]
            auroc = f"  AUROC {row['auroc_unknown']:.4f}" if task["unknown"] else ""
            tell(f"{','.join(map(str, task['classes']))}  {kind:6}  {row['accuracy']:.4f}{auroc}")
    for kind in ("pixels", "edges"):
        of_kind = [row for row in rows if row["inputs"] == kind]
        mean = np.mean([row["accuracy"] for row in of_kind])
        text = f"mean of {len(of_kind)}  {kind:6}  {mean:.4f}"
        if all("auroc_unknown" in row for row in of_kind):
            text += f"  AUROC {np.mean([row['auroc_unknown'] for row in of_kind]):.4f}"
        tell(text)
    if args.json:
        json.dump(rows, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
