"""Print every panel's question as a rule, for promtool to parse: `python monitoring/panels.py`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

DASHBOARDS = Path(__file__).parent / "grafana" / "dashboards"


def main() -> None:
    """Print a rules file; JSON is YAML too."""
    rules = []
    for dashboard in sorted(DASHBOARDS.glob("*.json")):
        for panel in json.loads(dashboard.read_text())["panels"]:
            for target in panel["targets"]:
                name = f"panel:{dashboard.stem}_{panel['id']}_{target['refId']}"
                rules.append({"record": name, "expr": target["expr"]})
    json.dump({"groups": [{"name": "panels", "rules": rules}]}, sys.stdout)


if __name__ == "__main__":
    main()
