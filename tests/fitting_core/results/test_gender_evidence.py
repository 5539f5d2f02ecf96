"""Which gender fits best, in words and for the summary."""

from __future__ import annotations

from fitting_core.results.gender_evidence import GenderLosses, gender_line, gender_summary

_LOSSES: GenderLosses = {"neutral": (100.0, 80.0), "female": (98.5, 90.25), "male": None}


def test_best_first_impossible_last() -> None:
    assert gender_summary(_LOSSES, 0) == [
        {"gender": "female", "loss": 98.5, "difference": 0.0},
        {"gender": "neutral", "loss": 100.0, "difference": 1.5},
        {"gender": "male", "loss": None, "difference": None},
    ]
    assert [entry["gender"] for entry in gender_summary(_LOSSES, 1)] == ["neutral", "female", "male"]


def test_in_words() -> None:
    found = gender_line(_LOSSES, 1, "person_01.npz")
    assert found == "person_01.npz: the neutral body fits best (loss 80.0); female +10.2"
    assert "no other" in gender_line({"neutral": (1.0,), "male": None}, 0, "person_00.npz")
