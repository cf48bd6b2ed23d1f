"""Says how right the analyser is on a file of labelled messages: `./run evaluate`."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from talkhub.analysis.evaluate_conversations import evaluate_conversations
from talkhub.analysis.examples import BadExamples, Example, Split, corpus, read_examples
from talkhub.analysis.hearing import listen
from talkhub.analysis.measuring import Interval, Measures, Prediction, measure
from talkhub.analysis.pipeline import analyse_all, load
from talkhub.names import Intent
from talkhub.progress import show_progress

_COLUMNS = "text, sentiment, intent, and if there are any intent_alt and lang"
_BATCH = 500


def main(arguments: Sequence[str] | None = None) -> int:
    """Evaluate a file, or a split of the corpus; return the exit code."""
    options = _parser().parse_args(arguments)
    if (options.file is None) == (options.split is None):
        sys.stderr.write("evaluate: name a file, or a split of the corpus with --split.\n")
        return 2
    if options.conversations and options.plots:
        sys.stderr.write("evaluate: --plots are for messages, not for --conversations.\n")
        return 2
    if options.conversations:
        return evaluate_conversations(
            options.file, options.split, as_json=options.json, next_intent=options.next_intent
        )
    try:
        examples = (
            corpus(Split(options.split)) if options.split else read_examples(Path(options.file))
        )
    except BadExamples as error:
        sys.stderr.write(f"evaluate: {error}\n")
        return 2
    predictions, per_second = _predictions(
        examples, by_lexicons if options.lexicons_only else by_analyser
    )
    moods, errands = measure(examples, predictions)
    measured = {"sentiment": moods, "intent": errands}
    if options.plots:
        draw_plots(options.plots, measured, rows=len(examples))
    if options.json:
        figures = {kind: measures.as_json() for kind, measures in measured.items()}
        sys.stdout.write(f"{json.dumps({'n': len(examples), **figures})}\n")
    else:
        _write_tables(len(examples), measured, per_second)
    return 0


def draw_plots(folder: Path, measured: Mapping[str, Measures], *, rows: int) -> None:
    """Write the pictures into a folder, and say on stderr which."""
    # Imported for who asks for pictures: matplotlib is no part of the service.
    from talkhub.analysis.plots import write_plots

    for file in write_plots(folder, measured, rows=rows):
        sys.stderr.write(f"talkhub: wrote {file}\n")


def by_analyser(texts: Sequence[str]) -> list[Prediction]:
    """Return what the service would say of messages, each by itself."""
    found = analyse_all([[{"id": "1", "role": "user", "content": text}] for text in texts])
    predictions = []
    for message in (analysis.messages[0] for analysis in found):
        intent, confidence = message.intents[0] if message.intents else (Intent.UNKNOWN, 0.0)
        predictions.append(
            Prediction(message.sentiment, message.sentiment_confidence, intent, confidence)
        )
    return predictions


def by_lexicons(texts: Sequence[str]) -> list[Prediction]:
    """Return what the lexicons say of messages, without the trained model."""
    predictions = []
    for heard in map(listen, texts):
        intents = heard.wanted.intents
        intent, confidence = intents[0] if intents else (Intent.UNKNOWN, 0.0)
        felt = heard.felt
        predictions.append(Prediction(felt.sentiment, felt.confidence, intent, confidence))
    return predictions


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./run evaluate", description=__doc__)
    parser.add_argument("file", nargs="?", help=f"a CSV file with the columns {_COLUMNS}")
    parser.add_argument("--split", choices=list(Split), help="a split of our own corpus instead")
    parser.add_argument(
        "--conversations", action="store_true", help="these are whole conversations, one a line"
    )
    parser.add_argument(
        "--next-intent",
        action="store_true",
        help="with --conversations: how well their intents are foreseen",
    )
    parser.add_argument("--json", action="store_true", help="write JSON and nothing else")
    parser.add_argument("--plots", type=Path, metavar="DIR", help="write pictures into a folder")
    parser.add_argument(
        "--lexicons-only", action="store_true", help="leave the trained model out, to compare"
    )
    return parser


def _predictions(
    examples: Sequence[Example], predict: Callable[[Sequence[str]], list[Prediction]]
) -> tuple[list[Prediction], float]:
    """Return a prediction for each example, and how many a second of processor time allows."""
    load()  # which is no part of a message's time
    predictions: list[Prediction] = []
    begun = time.process_time()
    with show_progress("messages", len(examples)) as tell:
        for start in range(0, len(examples), _BATCH):
            batch = examples[start : start + _BATCH]
            predictions += predict([example.text for example in batch])
            tell(len(predictions))
    return predictions, len(examples) / max(time.process_time() - begun, 1e-9)


def _write_tables(rows: int, measured: dict[str, Measures], per_second: float) -> None:
    console = Console()
    table = Table(title=f"{rows:,} messages, {per_second:,.0f} a second on one core")
    for heading in ("", *measured):
        table.add_column(heading, justify="right" if heading else "left")
    lines: dict[str, Callable[[Measures], str]] = {
        "accuracy": lambda it: _with_interval(it.accuracy, it.accuracy_ci95),
        "with accepted alternative": lambda it: _or_dash(it.accuracy_with_alt),
        "macro-F1": lambda it: _with_interval(it.macro_f1, it.macro_f1_ci95),
        "calibration error": lambda it: f"{it.ece:.3f}",
        "… of a perfectly calibrated model": lambda it: f"{it.ece_if_calibrated:.3f}",
    }
    for name, figure in lines.items():
        table.add_row(name, *(figure(measures) for measures in measured.values()))
    console.print(table)
    for name, measures in measured.items():
        console.print(_confusion_table(name, measures))


def _confusion_table(name: str, measures: Measures) -> Table:
    table = Table(title=f"{name}: a row for each label, a column for each answer")
    for heading in ("", *measures.answers):
        table.add_column(heading[:7], justify="right" if heading else "left")
    for label, row in zip(measures.answers, measures.confusion, strict=True):
        if row.any():
            table.add_row(label, *(str(number) if number else "·" for number in row))
    return table


def _with_interval(figure: float, interval: Interval) -> str:
    return f"{figure:.3f} ({interval[0]:.3f} to {interval[1]:.3f})"


def _or_dash(figure: float | None) -> str:
    return "-" if figure is None else f"{figure:.3f}"


if __name__ == "__main__":
    sys.exit(main())
