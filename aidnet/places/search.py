"""Finding a place by what somebody types: a P-code, a name in either script, an alias, or nearly one of them.

The order: what the viewer's own work names, then exact names, then names that begin so; names that are only alike where
those are fewer than ten. Names repeat, so every choice carries its whole path, and "Ywar Thit, Shwebo" finds the one there.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from aidnet import disclosure, policy
from aidnet.places import finding, words
from aidnet.places.finding import EXACT, Hit
from aidnet.places.models import Level, Site
from aidnet.places.queries import PlacePath, levels_for, paths
from aidnet.places.spelling import fold
from aidnet.policy import Actor, Permission

__all__ = ["ENOUGH", "QUERY_MOST", "Option", "option_of", "search", "site_option"]

#: Fewer hits than this, and names that are alike are looked for too.
ENOUGH = 10
QUERY_MOST = 100
_SITES_MOST = 200


@dataclass(frozen=True)
class Option:
    """A place, or an own site, that somebody may choose."""

    #: A P-code, or a site's code.
    code: str
    name: str
    #: The place a site lies in, or the place itself.
    place_id: int
    #: None: the place itself.
    site_id: int | None
    #: A site counts as a village: nothing is finer.
    level: Level
    #: What it is, in a word: "Village", "Camp".
    word: str
    #: All it lies in: "Ywar Thit tract · Shwebo township · Shwebo district".
    above: str

    @property
    def path(self) -> str:
        """What it is and all it lies in."""
        return " · ".join(part for part in (self.word, self.above) if part)


def option_of(path: PlacePath) -> Option:
    """A place as a choice."""
    return Option(path.pcode, path.name, path.place_id, None, path.level, words.level(path.level), path.above)


def site_option(actor: Actor, site: Site, path: PlacePath) -> Option:
    """An own site as a choice."""
    shown = disclosure.show(actor, site)
    above = " · ".join(part for part in (path.steps[-1].called, path.above) if part)
    return Option(shown.code, str(shown.name), site.place_id, site.id, Level.VILLAGE, words.site_kind(site.kind), above)


def search(
    session: Session,
    actor: Actor,
    q: str,
    *,
    levels: Collection[Level] | None = None,
    sites: bool = False,
    limit: int = ENOUGH,
) -> list[Option]:
    """The places `q` may mean, best first: at most `limit`, of `levels` (None: all), with own `sites` where asked for.

    An audience finds no level finer than the matrix's `place` for it. At most eight statements (nine with sites), however
    many places there are.
    """
    q = q[:QUERY_MOST].strip()
    wanted = fold(q)
    allowed = levels_for(actor)
    depths = tuple(sorted(level.depth for level in (allowed if levels is None else allowed & set(levels))))
    if not wanted or not depths:
        return []
    hits: dict[int, Hit] = {}
    own, townships = finding.own_hits(session, actor, wanted, depths)
    _add(hits, own)
    bare, narrowed = finding.level_typed(q, depths)
    named = finding.named_hits(session, bare, narrowed, townships) if narrowed else []
    _add(hits, named)
    if len(hits) < ENOUGH and not (named and narrowed != depths):
        name, area = finding.area_of(session, q, depths)
        if area:
            _add(hits, finding.named_hits(session, name, depths, townships, area))
        if len(hits) < ENOUGH:
            _add(hits, finding.alike_hits(session, name if area else bare, depths if area else narrowed, area))
    best = sorted(hits.values(), key=lambda hit: hit.rank)[:limit]
    answering = _own_sites(session, actor, wanted)[:limit] if sites else []
    found = paths(session, [hit.place_id for hit in best] + [site.place_id for site in answering])
    options = [site_option(actor, site, found[site.place_id]) for site in answering]
    return (options + [option_of(found[hit.place_id]) for hit in best])[:limit]


def _add(hits: dict[int, Hit], more: Iterable[Hit]) -> None:
    for hit in more:
        there = hits.get(hit.place_id)
        if there is None or hit.rank < there.rank:
            hits[hit.place_id] = hit


def _own_sites(session: Session, actor: Actor, wanted: str) -> list[Site]:
    """The viewer's open sites that answer, the best first. Their names are sealed, so they are compared here."""
    if not actor.may(Permission.SITE_READ):
        return []
    statement = policy.visible(actor, Permission.SITE_READ, Site).where(Site.closed_at.is_(None))
    found = []
    for site in session.scalars(statement.order_by(Site.id.desc()).limit(_SITES_MOST)):
        shown = disclosure.show(actor, site)
        how = EXACT if fold(shown.code) == wanted else finding.how_it_answers(wanted, fold(str(shown.name)))
        if how is not None:
            found.append((how, site))
    return [site for _how, site in sorted(found, key=lambda pair: pair[0])]
