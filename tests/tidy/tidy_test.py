#!/usr/bin/env python3
"""Each rule of tidy is broken once in a tree of its own and must be named: a check that cannot fail is none."""
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tidy


class TidyTest(unittest.TestCase):
    def tree(self, files):
        root = tempfile.TemporaryDirectory()
        self.addCleanup(root.cleanup)
        for path, text in files.items():
            os.makedirs(os.path.dirname(os.path.join(root.name, path)), exist_ok=True)
            with open(os.path.join(root.name, path), "w", encoding="utf-8") as f:
                f.write(text)
        return root.name

    def offences(self, files):
        return [(p, rule) for p, _, rule, _ in tidy.check(self.tree(files), formatting=False)]

    def test_sizes_count_rooms_files_and_functions(self):
        body = "void g(int a) {\n" + "  f();\n" * 3 + "}\n"
        rooms, files, functions = tidy.measure(self.tree({
            "storage/a.cc": "int x;\n" * 7, "storage/ledger/b.cc": body, "storage/ledger/b.h": "// B.\n", "tests/storage/a_test.cc": "int x;\n" * 90,
            "cli/demo": "echo\n", "build/crypto/a.cc": "int x;\n"}))
        self.assertEqual({room: size for room, size in rooms.items() if size[0]}, {"storage": [1, 7], "storage/ledger": [2, 6], "tests": [1, 90]})
        self.assertEqual(files, [(7, "storage/a.cc"), (5, "storage/ledger/b.cc"), (1, "storage/ledger/b.h")])
        self.assertEqual(functions, [(5, "storage/ledger/b.cc:1: void g(int a)")])

    def test_clean_tree_passes(self):
        files = {"crypto/a.h": '// A.\n#pragma once\n#include "crypto/b.h"\n', "crypto/CMakeLists.txt": "anta_room(a HEADERS a.h)\n"}
        self.assertEqual(self.offences(files), [])

    def test_a_header_of_no_room(self):
        self.assertIn(("crypto/a.h", "header"), self.offences({"crypto/a.h": "// A.\n#pragma once\n", "crypto/CMakeLists.txt": "anta_room(a HEADERS ba.h)\n"}))

    def test_a_header_that_needs_what_stands_before_it(self):
        files = {"crypto/a.h": "// A.\n#pragma once\n", "crypto/CMakeLists.txt": "anta_room(a HEADERS a.h)\n"}
        self.assertEqual(self.offences({**files, "crypto/a.cc": '#include "crypto/a.h"\n\n#include <string>\n'}), [])
        self.assertIn(("crypto/a.cc", "header"), self.offences({**files, "crypto/a.cc": '#include <string>\n#include "crypto/a.h"\n'}))

    def test_inner_room_may_not_know_the_outer(self):
        self.assertIn(("storage/ledger/a.cc", "layer"), self.offences({"storage/ledger/a.cc": '#include "storage/database.h"\n'}))

    def test_raft_may_not_know_storage(self):
        self.assertIn(("consensus/raft/a.cc", "layer"), self.offences({"consensus/raft/a.cc": '#include "storage/database.h"\n'}))
        self.assertEqual(self.offences({"consensus/raft/a.cc": '#include "storage/log_entry.h"\n'}), [])

    def test_cli_may_not_know_consensus(self):
        self.assertIn(("cli/a.cc", "layer"), self.offences({"cli/a.cc": '#include "consensus/replica.h"\n'}))

    def test_library_outside_its_home(self):
        self.assertIn(("crypto/a.cc", "library"), self.offences({"crypto/a.cc": "#include <rocksdb/db.h>\n"}))

    def test_library_in_a_header(self):
        self.assertIn(("storage/a.h", "library"), self.offences({"storage/a.h": "// A.\n#pragma once\n#include <rocksdb/db.h>\n"}))

    def test_beast_is_known_to_one_file(self):
        include = "#include <boost/beast/http/parser.hpp>\n"
        self.assertIn(("node/b.cc", "library"), self.offences({"node/a.cc": include, "node/b.cc": include}))

    def test_openssl_is_known_to_one_file_of_each_room(self):
        include = "#include <openssl/ssl.h>\n"
        self.assertEqual(self.offences({"node/a.cc": include, "consensus/a.cc": include, "crypto/a.cc": include, "crypto/b.cc": include}), [])
        self.assertIn(("node/b.cc", "library"), self.offences({"node/a.cc": include, "node/b.cc": include}))

    def test_a_lock_that_clang_does_not_check(self):
        for word in ("std::mutex m;", "const std::lock_guard lock(m);", "std::unique_lock<std::mutex> lock(m);", "const std::scoped_lock lock(m, n);",
                     "std::shared_mutex m;", "std::condition_variable_any c;"):
            self.assertIn(("storage/a.cc", "lock"), self.offences({"storage/a.cc": word + "\n"}), word)
        self.assertEqual(self.offences({"storage/a.cc": "// not std::mutex\nconst Lock lock(mutex_);\nstd::once_flag once;\n", "tests/storage/a.cc": "std::mutex m;\n",
                                        "crypto/guarded.h": "// G.\n#pragma once\nstd::mutex m;\n", "crypto/CMakeLists.txt": "anta_room(a HEADERS guarded.h)\n"}), [])

    def test_a_document_that_names_a_file_that_is_gone(self):
        tree = {"storage/a.cc": "int x;\n", "storage/ledger/schema_b.cc": "int y;\n"}
        self.assertEqual(self.offences({**tree, "storage/README.md": "`a.cc`, `storage/a.cc`, `ledger/schema_b.cc`, `schema_*.cc`, `house.md`, b.cc, `x y.cc`\n"}), [])
        for name in ("b.cc", "crypto/a.cc", "storage/ledger/a.cc", "shape_*.cc", "statements.cddl", "aa.cc", "ledger/README.md"):
            self.assertIn(("storage/README.md", "document"), self.offences({**tree, "storage/README.md": f"One of `{name}`.\n"}), name)

    def test_long_file(self):
        self.assertIn(("crypto/a.cc", "size"), self.offences({"crypto/a.cc": "int x;\n" * 501}))
        self.assertIn(("crypto/a.h", "size"), self.offences({"crypto/a.h": "// A.\n#pragma once\n" + "extern int x;\n" * 300}))

    def test_long_function(self):
        body = "  f();\n" * 70
        self.assertIn(("crypto/a.cc", "size"), self.offences({"crypto/a.cc": "void g(int a) {\n" + body + "}\n"}))
        self.assertEqual(self.offences({"crypto/a.cc": "void g(int a) {\n" + "  f();\n" * 60 + "}\n"}), [])

    def test_long_member_function_in_a_class(self):
        text = "namespace a {\nclass B {\n  void g() const {\n" + "    f();\n" * 70 + "  }\n};\n}\n"
        self.assertIn(("crypto/a.cc", "size"), self.offences({"crypto/a.cc": text}))

    def test_the_node_knows_no_scenario(self):
        files = {"tests/scenario/a.yaml": 'parties:\n  - {id: "mina-x1", kind: "company"}\n', "node/a.cc": 'const char* special = "mina-x1";\n'}
        self.assertIn(("node/a.cc", "scenario"), self.offences(files))
        files["node/a.cc"] = 'const char* other = "mina-x12";\n'
        self.assertEqual(self.offences(files), [])

    def test_unfinished_work(self):
        self.assertIn(("crypto/a.cc", "word"), self.offences({"crypto/a.cc": "// TO" "DO later\n"}))

    def test_sleeping_test(self):
        self.assertIn(("tests/a_test.cc", "style"), self.offences({"tests/a_test.cc": "void t() { std::this_thread::sleep_for(x); }\n"}))

    def test_header_without_manual(self):
        self.assertIn(("crypto/a.h", "style"), self.offences({"crypto/a.h": "#pragma once\n"}))

    def test_brace_beside_co_await(self):
        self.assertIn(("node/a.cc", "style"), self.offences({"node/a.cc": "void f() { co_await g({1}); }\n"}))

    def test_formatting_is_checked(self):
        with tempfile.TemporaryDirectory() as root:
            os.makedirs(os.path.join(root, "crypto"))
            with open(os.path.join(root, ".clang-format"), "w") as f:
                f.write("BasedOnStyle: Google\n")
            with open(os.path.join(root, "crypto/a.cc"), "w") as f:
                f.write("int   x ;\n")
            self.assertIn("format", [rule for _, _, rule, _ in tidy.check(root)])


if __name__ == "__main__":
    unittest.main()
