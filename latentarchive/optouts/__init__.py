"""What a web site says of machines that read it, parsed from recorded text. Nothing here fetches anything.

Four ways of saying so, each in its module: X-Robots-Tag and robots.txt (`tags`, `robots`), TDMRep (`tdm`), and the
Content-Usage field of the IETF's AIPREF drafts (`usage`). None of them is a rights statement, and silence allows
nothing: it says nothing.
"""

from latentarchive.optouts.robots import AI_AGENTS, Robots, read_robots
from latentarchive.optouts.tags import HIDING, RESERVING, Directive, directives_for, read_robots_tag
from latentarchive.optouts.tdm import Reservation, read_tdm_fields, read_tdm_file, read_tdm_meta, reservation
from latentarchive.optouts.usage import combined, read_usage

__all__ = [
    "AI_AGENTS",
    "HIDING",
    "RESERVING",
    "Directive",
    "Reservation",
    "Robots",
    "combined",
    "directives_for",
    "read_robots",
    "read_robots_tag",
    "read_tdm_fields",
    "read_tdm_file",
    "read_tdm_meta",
    "read_usage",
    "reservation",
]
