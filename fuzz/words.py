"""Words that nobody would write where they will stand, and some that one might."""

from __future__ import annotations

from fuzz.trees import Map

NUMBERS = ["0", "-0", "-1", "1", "0.5", "1e308", "-1e308", "1e-320", "1e309", "-1e999", ".inf", "-.INF", ".nan", ".NaN",
           "NaN", "Infinity", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "2147483648",
           "0x7fffffffffffffff", "0o777", "0b1", "1_000", "+5", "1.", "007", "2.5", "٣", "1e", "12:30:45", "1e18",
           "9" * 30, "9" * 400, "9" * 5000, "0x" + "f" * 5000, "0." + "0" * 400 + "1"]
DATES = ["0001-01-01", "9999-12-31", "0000-00-00", "1945-12-31", "1946-01-01", "1946-01-07", "2199-12-30", "2199-12-31",
         "2200-01-01", "2025-02-29", "2024-02-29", "2025-13-01", "2025-7-1", "20250714", "2025-W29-1", "2025-08-04",
         "2025-07-14T00:00:00Z", "-0001-01-01", "10000-01-01", "'2025-07-14'", "2025-07-14 # x", "٢٠٢٥-07-14"]
TEXTS = ['""', "''", '" "', '"\\ud800"', '"\\udc00\\ud800"', '"\\ud83d\\ude00"', '"\\u0000"', '"\\x1b[2J"', '"\\u202e"',
         '"\\ufeff"', '"\\U00110000"', '"\\uffff"', '"\\n"', '"a\\nb"', '"\\t"', '"\\u2028"', '"\\x85"', "é" * 300,
         "x" * 200, "x" * 5000, '"' + "\\\\" * 100 + '"', "😀", "e\u0301", "{0}", "%s%n", "{name}", "$(id)", "`id`",
         "[red]", "<b>", "a, b", "a: b", "#", "'it''s'", "judgement", "A047", "ending", "replicate", "mean", "nan",
         "__class__", "self", "0", "*", "-", "?", ":"]
PATHS = ["/", ".", "..", "../..", "../../../../etc/passwd", "/etc", "/dev/zero", "/dev/stdin", "/proc/self/mem",
         "/proc",
         "a/b", "a\\b", "C:\\con", "CON", "~", "~root", '"a\\0b"', "-rf", "-", "x" * 300, "/".join(["y" * 200] * 30),
         "../scenarios/plain.yaml", "../scenarios", "world", "./world", "world/../world", "seeds", "july_2025", ".yaml",
         "..yaml", "plain.yaml", "asked.yaml", "//", "http://example.org/x.yaml", "file:///etc"]
YAML = ["*a", "&a 1", "&a [*a]", "&a {b: *a}", "!!python/object/apply:os.system [id]", "!!binary aGk=", "!!set {a}",
        "!!int '3'", "!x y", "!<tag:x> y", "!", "|\n    x", ">\n  x", "|2-\n x", "@x", "`x", "[", "{", "]", "}", "- -",
        "? x",
        "null", "~", "true", "True", "NO", "on", "yes", "---", "...", "%YAML 1.1", "<<", "[]", "{}", "[[]]", "[{}]",
        "'",
        '"', "\t", "\r", "\x85", "\x0c", "&", "!!", "{a: 1, a: 2}", "[a, b: c]", "{? a}", "{a, b}", "a:\n b"]
PATHS_OF_ENTRIES = ["weeks", "start", "countries", "options.scold_b", "options.scold_b.base.rate.mean", "title",
                    "events",
                    "mechanisms.answers.strength", "issues.border.status_quo", "events.feast.on", "theories.power",
                    "countries.AAA.stances.border.ideal", "memory.tempo", "memory", "overrides", "overrides.options.x",
                    "events.vote.election.parties.Ins.seats", "outcomes.scolded.count", "presets", "reading", "world",
                    "."]
WORDS = [*NUMBERS, *DATES, *TEXTS, *PATHS, *YAML]
SIGNS = [":", ": ", ", ", "[", "]", "{", "}", "- ", "? ", "\n", "\n  ", "\n    ", '"', "'", "#", " #", "&a ", "*a",
         "! ", "!!str ",
         "|\n", ">\n", "---\n", "...\n", "<<: ", "a: ", "\t", "\\", "%YAML 1.2\n", "\r\n", "~"]
PLAIN = ["0", "1", "2", "0.5", "-0.5", "0.01", "10", "52", "true", "false", "judgement", "AAA", "BBB", "scold",
         "words", "border",
         "2025-08-11", "2025-07-21", "power", "policy", "answers", "drill", "vote", "pact", "varn", "[]", "[AAA, BBB]",
         "name"]
SPREADS = [Map([["mean", "0.5"], ["sd", "0.1"]]), Map([["low", "0"], ["high", "1"]]), Map([["fitted", "often"]]),
           Map([["mode", "0.5"], ["low", "0"], ["high", "1"]]), Map([["low", "2025-07-14"], ["high", "2025-12-31"]])]
KEYS = ["<<", "? [a]", "!!str a", "&a a", "*a", "fitted", "mean", "low", "world", "name", "source", "within", "given",
        "not",
        "changes", "overrides", "1", "true", "null", "2025-07-14", '""', '"\\ud800"', "x" * 300, "../..", "/etc/passwd",
        "a.b", "__class__", "__proto__", '"a b"', "from", "of", "by", "countries", "presets", "[key]", "é"]
