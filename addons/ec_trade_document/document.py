"""What stands on the paper, ready to be set: every figure is text already. Templates only arrange it."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Cell:
    """`text` with smaller lines below; `kind` is the column's look: text, number or code."""

    text: str = ""
    small: tuple = ()
    kind: str = "text"
    span: int = 1


@dataclass(frozen=True)
class Row:
    """`kind`: line, content, carton, section, note or total."""

    kind: str
    cells: tuple


@dataclass
class Document:
    """`parties` and `facts`: (label, text). `totals`: (label, text), the last one is the sum. `stamp`: draft or cancelled, in words."""

    record: object
    lang: str
    title: str
    number: str
    company: object
    seller: str
    labels: dict
    stamp: str = ""
    parties: list = field(default_factory=list)
    facts: list = field(default_factory=list)
    columns: tuple = ()
    rows: list = field(default_factory=list)
    totals: list = field(default_factory=list)
    notes: list = field(default_factory=list)


@dataclass(frozen=True)
class Issue:
    """Something a document lacks: what and where to fill it (`text`), on `record`. Without what is `needed` it cannot be printed."""

    text: str
    record: object
    needed: bool = False
