"""What is said of a comparison beside its tables, as Markdown: what was raced, and how far it may be trusted."""

from __future__ import annotations

from harness.report import figures, text
from harness.report.comparison import Comparison


def named(reference: str | None) -> str:
    """Return the reference as it is called in a header."""
    return "reference" if reference is None else text.code(reference)


def about(comparison: Comparison) -> str:
    """Return what was trained, and how."""
    workload = comparison.workload
    optimizer = workload.optimizer
    return (
        f"{text.escape(workload.title)}: {text.code(workload.architecture.name)} on {text.code(workload.dataset)}, "
        f"{optimizer.name} at learning rate {optimizer.learning_rate:g}, batch {workload.batch_size}, "
        f"{comparison.epochs} epoch{'' if comparison.epochs == 1 else 's'}."
    )


def proof(comparison: Comparison) -> str:
    """Return what was proven of the halves before the race."""
    if comparison.track == "stock":
        return "Not proven, and not meant to be: what the frameworks choose for themselves differs."
    if comparison.proof is None:
        return "> **UNVERIFIED: nobody asked for proof that these arms compute one function.**"
    found = figures.proven(comparison.proof)
    return f"Proven before the race, worst arm against the reference: {', '.join(found)}." if found else figures.UNKNOWN


def health(comparison: Comparison) -> str:
    """Return whether the arms started alike."""
    found = comparison.health
    if found.conflicts:
        conflicts = "".join(f"\n> - {text.escape(conflict)}" for conflict in found.conflicts)
        broken = f"{comparison.track.upper()} TRACK BROKEN"
        return f"> **{broken}: the figures below do not compare like with like.**\n>{conflicts}"
    if comparison.track == "stock":
        return figures.STOCK
    if sum(row.metric is not None or row.launches > 0 for row in comparison.rows) == 1:
        return "One arm has results: there is nothing that it could agree with."
    agreed = [agreement.what for agreement in found.agreements if agreement.compared]
    if not agreed:
        return "Whether the arms started alike is unknown: no two arms gave hashes of the same cell."
    line = f"Matched track: the same {', '.join(agreed)} in all arms that gave hashes"
    silent = dict.fromkeys(arm for agreement in found.agreements for arm in agreement.silent)
    if silent:
        line += f" (not in full: {', '.join(map(text.code, silent))})"
    if found.first_loss_spread is not None:
        line += f"; relative spread of the first loss {found.first_loss_spread:.1e}"
        if found.chance:
            line += ", in which there is what each framework draws at random for itself (dropout, noise)"
    return f"{line}."


def reference(comparison: Comparison) -> str:
    """Return what ratios and differences refer to."""
    if comparison.reference is None:
        return "No arm that could be the reference has a result."
    line = f"Reference: {text.code(comparison.reference)}; a ratio above 1 means slower than it."
    return line if comparison.displaced is None else f"{line} **{text.escape(comparison.displaced)}.**"


def target(comparison: Comparison) -> str:
    """Return which arms reach the workload's target."""
    workload, scale = comparison.workload, figures.Scale.of(comparison.workload)
    if workload.target is None and workload.metric:
        return "No target: a variant is compared with others."
    if workload.target is None:
        return "Speed only: nothing is learned from these data, so there is no target."
    if comparison.budget_cut:
        return f"Budget cut to {comparison.epochs} of {workload.epochs} epochs: target not judged."
    met: dict[bool, list[str]] = {True: [], False: []}
    for row in comparison.rows:
        if row.target_met is not None:
            met[row.target_met].append(text.code(row.arm))
    better = "less" if workload.less_is_better else "more"
    line = f"Target, a mean {scale.metric.removeprefix('mean ')} of {scale.plain(workload.target)} or {better}"
    if not met[True] and not met[False]:
        return f"{line}: no arm was trained."
    parts = [f"{word} by {', '.join(arms)}" for word, arms in (("met", met[True]), ("**not met**", met[False])) if arms]
    return f"{line}: {'; '.join(parts)}."
