"""robots.txt by RFC 9309, with the Content-Usage rule of draft-ietf-aipref-attach."""

from __future__ import annotations

import re
from dataclasses import dataclass

from latentarchive.optouts.paths import encoded, fits
from latentarchive.optouts.usage import combined, read_usage

AI_AGENTS: dict[str, str] = {
    "GPTBot": "OpenAI",
    "CCBot": "Common Crawl, whose copies of the web most training sets were made from",
    "Google-Extended": "Google: a name for AI uses alone, no crawler of its own",
    "ClaudeBot": "Anthropic",
    "Applebot-Extended": "Apple: likewise",
    "meta-externalagent": "Meta",
    "Amazonbot": "Amazon",
    "Bytespider": "ByteDance",
    "PerplexityBot": "Perplexity",
    "img2dataset": "what downloads the images of LAION's lists",
}
"""Product tokens by which robots.txt addresses those who gather for AI, and who uses them: by their own documentation,
as of November 2026. A list that grows; a suite may give another."""

LIMIT = 512 * 1024
"""Characters that are read: RFC 9309, 2.5, asks for at least 500 KiB."""


@dataclass(frozen=True, slots=True)
class _Rule:
    path: str
    #: True: allow; False: disallow; a mapping: Content-Usage.
    says: bool | tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Robots:
    """A robots.txt file."""

    #: Product tokens in lower case, each with the rules of all its groups.
    groups: tuple[tuple[str, tuple[_Rule, ...]], ...]
    #: Addresses of licences in the manner of RSL, as written.
    licences: tuple[str, ...] = ()

    def names(self, agent: str) -> bool:
        """Whether there is a group for this agent by name."""
        return any(token == agent.lower() for token, _ in self.groups)

    def allows(self, agent: str, path: str) -> bool:
        """Whether an agent may fetch a path (with its query): the longest rule decides, `allow` among equals.

        The group that names the agent counts, else that of ``*``, else nothing is forbidden.
        """
        best = max(((len(r.path), r.says) for r in self._rules(agent, path) if isinstance(r.says, bool)), default=None)
        return True if best is None else bool(best[1])

    def usage(self, agent: str, path: str) -> dict[str, bool]:
        """The Content-Usage preferences for a path that may be fetched, by category; {} where there are none."""
        if not self.allows(agent, path):
            return {}
        rules = [(len(rule.path), rule.says) for rule in self._rules(agent, path) if isinstance(rule.says, tuple)]
        longest = max((length for length, _ in rules), default=0)
        return combined(dict(says) for length, says in rules if length == longest)

    def _rules(self, agent: str, path: str) -> list[_Rule]:
        groups = dict(self.groups)
        rules = groups.get(agent.lower(), groups.get("*", ()))
        asked = encoded(path or "/")
        return [rule for rule in rules if fits(rule.path, asked)]


def read_robots(text: str) -> Robots:
    """Read a robots.txt. Never raises: lines that are not understood are passed over, as the RFC asks."""
    groups: dict[str, list[_Rule]] = {}
    agents: list[str] = []
    licences: list[str] = []
    closed = False
    for line in text.removeprefix("\ufeff")[:LIMIT].splitlines():
        key, colon, value = line.partition("#")[0].partition(":")
        key, value = key.strip().lower(), value.strip()
        if not colon:
            continue
        if key == "user-agent":
            agents = [] if closed else agents
            closed = False
            token = re.match(r"[A-Za-z_-]+|\*", value)  # a product token; a version after it does not count
            agents.append((value if value.lower() in _NUMBERED else token[0] if token else value).lower())
            groups.setdefault(agents[-1], [])
        elif key in ("allow", "disallow"):
            closed = True
            if value:  # an empty one forbids nothing
                for agent in agents:
                    groups[agent].append(_Rule(encoded(value), key == "allow"))
        elif key == "content-usage":
            closed = True
            path, _, rest = value.replace("\t", " ").partition(" ") if value.startswith("/") else ("/", "", value)
            said = read_usage(rest.strip())
            for agent in agents if said else ():
                groups[agent].append(_Rule(encoded(path), tuple((said or {}).items())))
        elif key == "license":
            licences.append(value)
    return Robots(tuple((agent, tuple(rules)) for agent, rules in groups.items()), tuple(licences))


_NUMBERED = frozenset({"img2dataset"})
"""Tokens that hold a digit although RFC 9309, 2.2.1, allows letters, "_" and "-" alone."""
