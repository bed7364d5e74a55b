"""The behaviour layer: a whole scenario asked of a fresh shop, answer by answer."""

from ..schema import scopes_in
from .align import ABSENT, Alignment, first_instant, gid_type, gids
from .findings import Finding, Mismatch
from .prior import Prior
from .recording import Step
from .sandbox import Sandbox
from .seed import seed

REPEATED = "the recording repeats the answer of an earlier step"
VARIABLES_LOST = "the recording did not keep the request's variables"
LISTS_PRIOR = "lists what the recorded shop held before the recording"
SEEDED = "a thing from before the recording, made anew without all of its history"
PRIOR_STATE = "depends on something the recorded shop held before the recording"
NOT_MODELLED = "not modelled"
FOLLOWS = "follows a gap"
_FAKE_CODE = "FAKE_NOT_MODELLED"
_WITH_HISTORY = {"Customer", "DraftOrder", "InventoryItem", "Order", "Product", "ProductVariant"}
_FEW_QUESTIONS = 3000


def behaviour_findings(steps: list[Step], open_shop=Sandbox) -> list[Finding]:
    """One finding for each step of a scenario."""
    return _Scenario(steps, open_shop).findings()


class _Scenario:
    def __init__(self, steps, open_shop):
        self.steps = _in_order(steps)
        self.alignment = Alignment([[step.query, step.variables] for step in steps])
        self.prior = Prior(steps)
        started = first_instant([step.response for step in steps]) or first_instant(
            [step.variables for step in steps]
        )
        self.shop = open_shop(started, _denied_scopes(steps), self.prior.shop)
        if self.prior.sees_bulk_results:
            self.shop.hurry()
        self.broken = {}
        """Why a recorded id has no counterpart, by id."""
        self.late = _trailing_reads(steps)
        """Reads at the end of the file: kept in the order of their capture or after it."""
        self.earlier = {step.index: [] for step in self.late}
        """What a late read was answered after each earlier step, latest last."""

    def findings(self) -> list[Finding]:
        seed(self.shop, self.prior, self.alignment)
        self.seeded = set(self.alignment.ours)
        found = []
        for step in self.steps:
            found.append(self._finding(step))
            if len(self.steps) * len(self.late) <= _FEW_QUESTIONS:
                self._ask_late_reads(step)
        return found

    def _ask_late_reads(self, step: Step) -> None:
        for read in self.late:
            known = all(gid in self.alignment.ours for gid in gids(read.variables))
            if read.index > step.index and known and not read.variables_lost:
                self.earlier[read.index].append(self._ask(read, seconds=0))

    def _ask(self, step: Step, seconds=1) -> dict:
        if _uses_upload(step):
            self.shop.upload(self.alignment.text(step.variables.get("path") or ""))
        return self.shop.ask(
            step.version,
            self.alignment.text(step.query),
            self.alignment.request(step.variables),
            step.operation_name,
            seconds,
        )

    def _finding(self, step: Step) -> Finding:
        finding = Finding("behaviour", step.source, step.index, step.domain, step.root_fields)
        if step.variables_lost:
            finding.mismatches = [Mismatch("variables", "required", ABSENT, VARIABLES_LOST)]
        elif self._repeats(step):
            finding.mismatches = [Mismatch("data", "a new thing", "seen before", REPEATED)]
        else:
            finding.mismatches = self._mismatches(step)
        self._remember(step, finding)
        return finding

    def _repeats(self, step: Step) -> bool:
        """Whether a mutation claims to make what an earlier step made already."""
        return step.is_mutation and any(
            earlier.index < step.index
            and earlier.is_mutation
            and earlier.data == step.data
            and earlier.variables == step.variables
            and set(gids(step.data)) - set(gids([step.query, step.variables]))
            and not gids([step.query, step.variables])
            for earlier in self.steps
        )

    def _mismatches(self, step: Step) -> list[Mismatch]:
        dangling = self._dangling(step)
        found = self._compared(step, self._ask(step))
        for answer in reversed(self.earlier.get(step.index, ())):
            if not found:
                break
            found = self._compared(step, answer, only_if_equal=True) and found
        for mismatch in found:
            if mismatch.gap is None and dangling:
                mismatch.gap = dangling
        return found

    def _compared(self, step: Step, answer: dict, only_if_equal=False) -> list[Mismatch]:
        before = self.alignment.state()
        found = self._differences(step, answer)
        if found and only_if_equal:
            self.alignment.restore(before)
        return found

    def _differences(self, step: Step, answer: dict) -> list[Mismatch]:
        fakes = [item for item in answer.get("errors") or () if _is_fake(item)]
        found = self._data(step, answer.get("data"))
        found += self._errors(step, [i for i in answer.get("errors") or () if not _is_fake(i)])
        found += self.alignment.compare(
            (step.response.get("extensions") or {}).get("search"),
            (answer.get("extensions") or {}).get("search"),
            "extensions.search",
        )
        for fake in fakes:
            _blame_fake(found, fake)
        return found

    # -- answers -------------------------------------------------------------------------------

    def _data(self, step: Step, got) -> list[Mismatch]:
        if not isinstance(step.data, dict) or not isinstance(got, dict):
            return self.alignment.compare(step.data, got)
        found = []
        for key, expected in step.data.items():
            path, answered = f"data.{key}", got.get(key, ABSENT)
            strangers = [] if step.is_mutation else self._strangers(expected)
            if strangers:
                found.append(Mismatch(path, strangers[:3], "a shop without them", LISTS_PRIOR))
            elif _counts_more(expected, answered) or self._from_before(step, expected, answered):
                found.append(Mismatch(path, expected, answered, LISTS_PRIOR))
            else:
                found += self.alignment.compare(expected, answered, path)
        extra = [key for key in got if key not in step.data]
        return found + [Mismatch(f"data.{key}", ABSENT, got[key]) for key in extra]

    def _from_before(self, step: Step, expected, got) -> bool:
        """Whether the recorded shop had something here, of its own, where this one has nothing."""
        gid = expected.get("id") if isinstance(expected, dict) else None
        return (
            got is None
            and not step.is_mutation
            and isinstance(gid, str)
            and gid not in self.alignment.ours
            and gid not in gids([step.query, step.variables])
        )

    def _strangers(self, connection) -> list[str]:
        """Ids that a list of the root shows, of things nobody made in this scenario."""
        if not isinstance(connection, dict):
            return []
        rows = list(connection.get("nodes") or ())
        rows += [edge.get("node") for edge in connection.get("edges") or () if edge]
        ids = [row["id"] for row in rows if isinstance(row, dict) and "id" in row]
        return [gid for gid in ids if gid not in self.alignment.ours]

    def _errors(self, step: Step, got) -> list[Mismatch]:
        wanted = [self._words(item) for item in step.errors]
        answered = [_words(item) for item in got]
        return [
            Mismatch(f"errors[{place}]", one, other)
            for place in range(max(len(wanted), len(answered)))
            if (one := _at(wanted, place)) != (other := _at(answered, place))
        ]

    def _words(self, item) -> dict:
        words = _words(item)
        return {**words, "message": self.alignment.text(words["message"])}

    # -- why an id is unknown here -------------------------------------------------------------

    def _dangling(self, step: Step) -> str | None:
        """The reason why something that the request names is not the same in this shop."""
        for gid in gids([step.query, step.variables]):
            if gid in self.seeded and gid_type(gid) in _WITH_HISTORY:
                return f"{SEEDED}: {gid_type(gid)}"
            if gid in self.alignment.ours:
                continue
            if gid in self.broken:
                return self.broken[gid]
            if gid in self.prior.existing or gid in self.prior.assumed:
                return f"{PRIOR_STATE}: {gid_type(gid)}"
        return None

    def _remember(self, step: Step, finding: Finding) -> None:
        """Keep the reason for ids that the recorded answer made and this shop's did not."""
        reasons = [item.gap for item in finding.mismatches if item.gap]
        if not reasons:
            return
        for gid in gids(step.data):
            if gid not in self.alignment.ours:
                self.broken.setdefault(gid, f"{FOLLOWS}: {reasons[0].removeprefix(f'{FOLLOWS}: ')}")


def _counts_more(expected, got) -> bool:
    """Whether both are counts and the recorded shop held more."""
    counts = [item.get("count") for item in (expected, got) if isinstance(item, dict)]
    return len(counts) == 2 and None not in counts and counts[0] > counts[1]


def _blame_fake(found: list[Mismatch], fake: dict) -> None:
    """Give the mismatches at or below a field that the simulator refused their reason."""
    what = fake["message"].removeprefix("fake: ").removesuffix(" not modelled")
    reason, prefix = f"{NOT_MODELLED}: {what}", _path_text(fake.get("path") or [])
    blamed = [item for item in found if item.path.startswith(prefix)]
    for mismatch in blamed:
        mismatch.gap = mismatch.gap or reason
    if not blamed:
        found.append(Mismatch(prefix, "an answer", fake["message"], reason))


def _path_text(path) -> str:
    return "data" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)


def _is_fake(item: dict) -> bool:
    return (item.get("extensions") or {}).get("code") == _FAKE_CODE


def _words(item: dict) -> dict:
    code = (item.get("extensions") or {}).get("code")
    return {"message": item.get("message") or "", "path": item.get("path"), "code": code}


def _at(rows: list, place: int):
    return rows[place] if place < len(rows) else ABSENT


def _uses_upload(step: Step) -> bool:
    """Whether the step needs a file that was uploaded outside of the recorded requests."""
    payload = (step.data or {}).get("bulkOperationRunMutation")
    return isinstance(payload, dict) and payload.get("bulkOperation") is not None


def _in_order(steps) -> list[Step]:
    """The steps in the file's order, but none before the mutation that makes what it names.

    Some recordings begin with the request they are about, before those that prepare it.
    """
    made = {}
    for step in steps:
        if step.is_mutation:
            asked = set(gids([step.query, step.variables]))
            for gid in gids(step.data):
                if gid not in asked:
                    made.setdefault(gid, step.index)
    early = [
        step
        for step in steps
        if any(
            made.get(gid, -1) > step.index and gid not in gids(step.data)
            for gid in gids([step.query, step.variables])
        )
    ]
    if not early:
        return steps
    last = max(step.index for step in steps if step.is_mutation and step not in early)
    kept = [step for step in steps if step not in early]
    return [s for s in kept if s.index <= last] + early + [s for s in kept if s.index > last]


def _trailing_reads(steps) -> list[Step]:
    """The reads after the last mutation.

    Recordings end with reads that were captured at some earlier moment of the scenario; such a
    read agrees when the simulator gave the recorded answer at any moment before.
    """
    last = max((step.index for step in steps if step.is_mutation), default=len(steps))
    return [step for step in steps if step.index > last]


def _denied_scopes(steps) -> frozenset[str]:
    """The scopes that the recorded app did not have."""
    denied = [
        (item.get("extensions") or {}).get("requiredAccess")
        for step in steps
        for item in step.errors
        if (item.get("extensions") or {}).get("code") == "ACCESS_DENIED"
    ]
    return frozenset(scope for access in denied for scope in scopes_in(access))
