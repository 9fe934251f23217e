#!/usr/bin/env python3
"""The table itself: a goal is judged by the median of ratios, and a row without a goal judges nothing."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import figures


class Table(unittest.TestCase):
    def row(self, key):
        return next(row for row in figures.ROWS if row.key == key)

    def test_a_goal_is_judged_by_the_median_ratio(self):
        runs = [{"value": 10, "limit": 100}, {"value": 70, "limit": 100}, {"value": 90, "limit": 100}]
        self.assertEqual(figures.verdict(self.row("commit_64"), runs), "met")
        self.assertEqual(figures.verdict(self.row("commit_64"), runs[:1]), "not met")

    def test_a_goal_without_limit_is_judged_by_the_value(self):
        self.assertEqual(figures.verdict(self.row("per_sync_64"), [{"value": 10}]), "met")
        self.assertEqual(figures.verdict(self.row("peak_load"), [{"value": 513}]), "not met")

    def test_a_row_without_goal_is_reported(self):
        self.assertEqual(figures.verdict(self.row("statement_bytes"), [{"value": 1}]), "reported")

    def test_several_runs_show_their_spread(self):
        self.assertEqual(figures.spread([3.0, 1.0, 2.0], 1), "2.0 (1.0-3.0)")

    def test_only_rows_of_the_groups_are_shown(self):
        runs = [{"simulator_steps": {"value": 5}, "disk": {"value": 1}}]
        self.assertEqual(len(figures.table(runs, ("disk",)).splitlines()), 2)
        self.assertEqual([row["key"] for row in figures.report(runs, ("simulator",))], ["simulator_steps"])

    def test_keys_are_unique(self):
        self.assertEqual(len({row.key for row in figures.ROWS}), len(figures.ROWS))


if __name__ == "__main__":
    unittest.main()
