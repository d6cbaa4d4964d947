"""Asks pip-audit whether any package that is installed has a known vulnerability; says so where nobody can answer.

    PIP_AUDIT/bin/python .ci/audit.py PACKAGES

PACKAGES is the output of `pip freeze`; pip-audit stands in an environment of its own. Exit code 1: there is one, or
the answers make no sense; 0: there is none; 3: no service of advisories could be asked, so that nothing is known.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

SERVICES = ("pypi", "osv")
#: A release with advisories since 2019. A service that knows of none is none, whatever it answers.
KNOWN = "jinja2==2.10"
VULNERABLE, SOUND, UNKNOWN = 1, 0, 3


def asked(service: str, requirements: str) -> list[dict[str, Any]]:
    """What pip-audit says of each package; nothing where it could not ask."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "requirements.txt"
        path.write_text(requirements, encoding="utf-8")
        words = ["--vulnerability-service", service, "--requirement", str(path), "--no-deps", "--disable-pip",
                 "--format", "json", "--progress-spinner", "off", "--timeout", "15"]
        done = subprocess.run([sys.executable, "-m", "pip_audit", *words], capture_output=True, text=True, check=False)
    try:
        found: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        return []
    return found


def main(requirements: str) -> int:
    """Prints what is known, and returns the exit code."""
    service = next((each for each in SERVICES if any(one.get("vulns") for one in asked(each, KNOWN))), None)
    if service is None:
        print("NOT AUDITED: no service of advisories could be asked from here, so nothing is known about the packages")
        return UNKNOWN
    found = asked(service, requirements)
    vulnerable = [one for one in found if one.get("vulns")]
    for one in vulnerable:
        for advisory in one["vulns"]:
            print(f"{one['name']} {one['version']}: {advisory['id']}, mended in "
                  f"{', '.join(advisory['fix_versions']) or 'no version'}")
    for one in found:
        if "skip_reason" in one:
            print(f"not looked at: {one['skip_reason']}")
    looked_at = sum("vulns" in one for one in found)
    print(f"{looked_at} packages looked at, {len(vulnerable)} with known vulnerabilities")
    return VULNERABLE if vulnerable or not looked_at else SOUND


if __name__ == "__main__":
    sys.exit(main("\n".join(line for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
                            if "==" in line)))
