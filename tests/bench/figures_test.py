#!/usr/bin/env python3
"""What the bench makes of its samples: the table (a goal is judged by the median of ratios), comparisons, curves; and the order of turns."""
import os
import sys
import unittest
import xml.etree.ElementTree

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import against
import comparison
import figures
import growth
import overload
import plot
import rows


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

    def test_a_measurement_in_turns_gives_several_samples_a_run(self):
        runs = [{"postgres_16": [{"value": 1, "limit": 2}, {"value": 3, "limit": 2}]}, {"postgres_16": {"value": 4, "limit": 2}}]
        self.assertEqual([one["value"] for one in figures.samples_of(runs, "postgres_16")], [1, 3, 4])
        self.assertIn("1.50 (0.50-2.00)", figures.table(runs, ("postgres",)))

    def test_columns_are_as_wide_as_their_widest_cell(self):
        self.assertEqual(figures.aligned([("a", "b"), ("ccc", "d")]), "a    b\nccc  d")

    def test_every_row_of_a_rate_is_better_when_it_is_more(self):
        self.assertEqual(self.row("commit_64").direction(), "more")
        self.assertEqual(self.row("commit_64_p99").direction(), "less")
        self.assertEqual(self.row("raft_1").direction(), "more")
        self.assertIsNone(self.row("verify_rate").direction())

    def test_groups_without_peers_are_measured_by_themselves(self):
        self.assertIn("commit", rows.USUAL)
        self.assertFalse(set(rows.USUAL) & set(rows.PEERS + rows.LONG))

    def test_keys_are_unique(self):
        self.assertEqual(len({row.key for row in figures.ROWS}), len(figures.ROWS))


class Comparison(unittest.TestCase):
    def report(self, key, values, better="more", limit=100):
        return {"rows": [{"key": key, "figure": "what " + key, "better": better,
                          "samples": [{"value": v, "limit": limit, "ratio": v / limit if limit else None} for v in values]}]}

    def verdict(self, old, new, better="more"):
        [(_, made)] = comparison.compare(self.report("a", old, better), self.report("a", new, better))
        return made["verdict"]

    def test_what_fell_with_spreads_that_do_not_meet_fell(self):
        self.assertEqual(self.verdict([10, 11, 12], [7, 8, 9]), "fell")
        self.assertEqual(self.verdict([7, 8, 9], [10, 11, 12]), "rose")

    def test_what_the_spread_explains_is_the_same(self):
        self.assertEqual(self.verdict([7, 11, 12], [6, 8, 9]), "same")

    def test_a_little_is_the_same_however_steady(self):
        self.assertEqual(self.verdict([100, 100, 100], [97, 97, 97]), "same")

    def test_with_few_samples_only_much_counts(self):
        self.assertEqual(self.verdict([100], [90]), "same")
        self.assertEqual(self.verdict([100], [80]), "fell")

    def test_where_less_is_better_more_fell(self):
        self.assertEqual(self.verdict([1, 1, 1], [2, 2, 2], "less"), "fell")
        self.assertEqual(self.verdict([1, 1, 1], [2, 2, 2], None), "")

    def test_ratios_are_compared_not_values(self):
        old, new = self.report("a", [50, 50, 50], limit=100), self.report("a", [100, 100, 100], limit=200)
        [(_, made)] = comparison.compare(old, new)
        self.assertEqual((made["median"], made["verdict"]), (1.0, "same"))

    def test_rows_of_one_side_only_are_left_out(self):
        self.assertEqual(comparison.compare(self.report("a", [1]), self.report("b", [1])), [])

    def test_the_text_names_what_fell(self):
        text = comparison.text(self.report("a", [10, 11, 12]), self.report("a", [7, 8, 9]))
        self.assertIn("fell by more than the noise: what a", text)
        self.assertIn("0.73 (0.58-0.90)", text)
        self.assertNotIn("fewer than", text)


class Turns(unittest.TestCase):
    def test_who_begins_changes(self):
        order = []
        pairs = against.in_turns(3, lambda: order.append("theirs") or "t", lambda: order.append("ours") or "o")
        self.assertEqual(order, ["theirs", "ours", "ours", "theirs", "theirs", "ours"])
        self.assertEqual(pairs, [("o", "t")] * 3)


class Overload(unittest.TestCase):
    def test_what_generator_and_shedding_take_is_subtracted(self):
        maximum = {"accepted": 1000, "seconds": 1, "rate": 1000, "leader_cpu": 0.5, "cpu_seconds": 0.0}
        over = {"accepted": 750, "seconds": 1, "rate": 750, "offered": 3000, "shed": 64 * 10, "p99_ms": 5, "leader_cpu": 0.5, "cpu_seconds": 0.375}
        made = overload.judged(maximum, over, 2)
        self.assertEqual(made["overload_offered"]["value"], 3000)
        self.assertAlmostEqual(figures.ratio(made["overload_accepted"]), 0.75)
        # Two cores, less 0.375 of the generator and 0.125 of the leader beyond what accepting cost it: 1.5 of 2.
        self.assertAlmostEqual(figures.ratio(made["overload_accepted_net"]), 1.0)
        self.assertAlmostEqual(made["overload_shed_us"]["value"], 12_500)

    def test_without_anything_shed_there_is_no_cost_of_shedding(self):
        same = {"accepted": 10, "seconds": 1, "rate": 10, "offered": 10, "shed": 0, "p99_ms": 5, "leader_cpu": 0.5, "cpu_seconds": 0.0}
        self.assertNotIn("overload_shed_us", overload.judged(same, same, 2))


class Growth(unittest.TestCase):
    def point(self, statements):
        return {"statements": statements, "rate": 100.0, "ceiling": 200.0, "share": 0.5, "cpu_us": 300.0, "checks": 2.5, "start_s": 0.5, "rss_mib": 50.0,
                "families": {"log": 1.0, "meta": 0.0, "tree": 0.5, "state": 0.1, "index": 0.2, "undo": 0.2}, "disk": 2.0, "size": statements + 1, "proof": 7,
                "proof_ms": 0.5, "certificate_ms": None, "certificate_bytes": None, "load": 1.0}

    def test_a_point_has_a_cell_for_each_column(self):
        self.assertEqual(len(growth.cells(self.point(10))), len(growth.COLUMNS))
        self.assertEqual(len(growth.table([self.point(10), self.point(20)]).splitlines()), 3)

    def test_what_a_million_statements_keep_is_said_by_family_largest_first(self):
        said = growth.each_million({"meta": 10, "log": 300_000, "state": 500_000}, 1_000)
        self.assertTrue(said.endswith(": state 500.0, log 300.0, all 800.0"), said)

    def test_curves_leave_out_families_that_hold_nothing(self):
        drawn = growth.curves([self.point(10), self.point(20)])
        self.assertIn(">index<", drawn)
        self.assertNotIn(">meta<", drawn)


class Plot(unittest.TestCase):
    def test_values_lie_between_the_edges(self):
        self.assertEqual(plot.places([0, 5, 10], 0, 10, 100, 0), [100, 50, 0])
        self.assertEqual(plot.places([3], 3, 3, 0, 10), [0])

    def test_the_picture_is_well_formed_and_has_a_line_for_each_series(self):
        picture = xml.etree.ElementTree.fromstring(plot.svg("n & m", [1, 2, 3], [("a < b", [("x", [1, 2, 3]), ("y", [0, 0, 0])]), ("nothing", [("", [0, 0, 0])])]))
        lines = picture.findall("{http://www.w3.org/2000/svg}polyline")
        self.assertEqual(len(lines), 3)
        self.assertTrue(all(len(line.get("points").split()) == 3 for line in lines))

    def test_numbers_are_short(self):
        self.assertEqual([plot.nice(v) for v in (0, 0.25, 1200, 3_400_000)], ["0", "0.25", "1.2k", "3.4M"])


if __name__ == "__main__":
    unittest.main()
