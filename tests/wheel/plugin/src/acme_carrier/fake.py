"""An Acme that holds state: for the tests of this plugin and of whoever uses it."""

from __future__ import annotations

from typing import Any

__all__ = ["FakeAcme"]


class FakeAcme:
    """One account. `lines` maps a SIM to [IMEI, state]; the next switch meets `fate`, if there is one."""

    def __init__(self, token: str, lines: dict[str, list[str]]) -> None:
        self.token = token
        self.lines = lines
        self.fate = ""
        self.down = False
        self.cut: int | None = None
        self.heard: list[dict[str, Any]] = []
        self.changed: list[str] = []
        self._receipts: dict[str, str] = {}

    def __call__(self, request: dict[str, Any]) -> dict[str, Any]:
        """Answer one request."""
        if self.down:
            raise ConnectionRefusedError
        self.heard.append(request)
        if request["token"] != self.token:
            return {"status": "who are you"}
        if request["verb"] == "list":
            return self._list(request["start"], request["count"])
        if request["sim"] not in self.lines:
            return {"status": "unknown"}
        return (
            self._switch(request)
            if request["verb"] == "switch"
            else {"status": "ok", "line": self._row(request["sim"])}
        )

    def _row(self, sim: str) -> dict[str, str]:
        imei, state = self.lines[sim]
        return {"sim": sim, "imei": imei, "state": state}

    def _list(self, start: int, count: int) -> dict[str, Any]:
        if self.cut is not None and start // count >= self.cut:
            raise ConnectionResetError
        sims = sorted(self.lines)
        return {"status": "ok", "total": len(sims), "lines": [self._row(sim) for sim in sims[start : start + count]]}

    def _switch(self, request: dict[str, Any]) -> dict[str, Any]:
        fate, self.fate = self.fate, ""
        if fate == "lost":
            raise ConnectionResetError
        if fate in ("busy", "refused"):
            return {"status": fate}
        if self.lines[request["sim"]][1] not in ("ON", "OFF"):
            return {"status": "not switched by us"}
        for _ in range(2 if fate == "twice" else 1):
            self._change(request)
        if fate == "answer lost":
            raise TimeoutError
        return {"status": "ok", "receipt": self._receipts[request["key"]]}

    def _change(self, request: dict[str, Any]) -> None:
        if request["key"] in self._receipts:
            return
        self._receipts[request["key"]] = f"receipt-{len(self._receipts) + 1}"
        line = self.lines[request["sim"]]
        if line[1] != request["to"]:
            line[1] = request["to"]
            self.changed.append(request["sim"])
