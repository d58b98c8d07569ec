"""What became of a page that is kept: the state of its link, by what answers now. Pure.

The measure is the kept text. Where its words stand on the page, the page is alive, whatever else it says; where neither
they nor its headline do, it is held against what the site answers for an address that nobody can have made, and against
its home page. A page with a door (a dialog, a login, a form) is walled, never dead: nobody knows what is behind it.
"""

from __future__ import annotations

from msgspec.structs import replace

from archive import article as articles
from archive.drift import Drift, drift
from archive.linkstate import State
from archive.models import VerdictKind
from scraper import places
from scraper.linkcase import Case, Judgement, Want
from scraper.linkwalls import BLANK, LONG, Wall
from scraper.linkwords import THERE, WHOLE, Words, ends_alike

_K = VerdictKind
_S = State

CUT = 0.8
MOSTLY = 0.6


def judge(case: Case) -> Judgement | Want:
    """The state of the link, or what it takes to tell."""
    return _Trial(case).judged()


_BY_KIND = {
    _K.GONE: _S.GONE,
    _K.CHALLENGE: _S.BLOCKED,
    _K.BLOCKED: _S.BLOCKED,
    _K.RATE_LIMITED: _S.BLOCKED,
    _K.TOO_LARGE: _S.BLOCKED,
    _K.CONSENT: _S.WALLED,
    _K.PAYWALL: _S.WALLED,
    _K.SERVER_ERROR: _S.ERROR,
    _K.TOO_SLOW: _S.ERROR,
    _K.UNREACHABLE: _S.UNREACHABLE,
}
_WALLS = frozenset({_K.CHALLENGE, _K.CONSENT, _K.PAYWALL})


class _Trial:
    """One case, with what follows from it."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.kept = case.kept
        self.seen = case.seen
        self.kind = case.seen.verdict.kind
        self.words = Words(case)
        self.wall = Wall(case, self.words)
        self.evidence: list[str] = []

    def judged(self) -> Judgement | Want:
        if self.kind is _K.UNCHANGED:
            return self._alive(None)
        if self._stands:
            return self._among_others() or self._there()
        if self.kind in _BY_KIND:
            return self._by_kind()
        if not self.kept.known:
            return self._first()
        if self.kind is _K.DOCUMENT:
            return self._document()
        sketch = self.seen.sketch
        if sketch is None and self.kind is not _K.EMPTY:
            reason = f"it answers, but the page could not be read: {self._read_error}"
            return Judgement(_S.BLOCKED, reason, bare=True)
        return self._page()

    @property
    def _stands(self) -> bool:
        """Whether the kept text stands on the page, and not as one among others on a page of many."""
        if self.words.shown < (WHOLE if self.kind in _WALLS else THERE) or not self._is_uncut:
            return False
        return self.case.place_above is None or self.words.of_kept >= THERE

    @property
    def _is_uncut(self) -> bool:
        """Whether what a wall leaves over is all of it."""
        return self.kind not in _WALLS or len(self.words.own) >= WHOLE * len(self.words.kept)

    @property
    def _read_error(self) -> str:
        return (self.seen.reading.error if self.seen.reading is not None else None) or self.seen.verdict.reason

    # ------------------------------------------------------------------------------------------------ alive

    def _among_others(self) -> Judgement | Want | None:
        """A short text that stands on the home page, or half of it, as one of many."""
        whole = self.words.shown >= WHOLE and self.words.of_kept >= THERE
        if whole or self.words.named or self.words.same_origin:
            return None
        for want in (Want.STORED, Want.HOME):
            if want not in self.case.met:
                return want
        return self._home_instead() if self.words.home_instead else None

    def _there(self) -> Judgement | Want:
        old, new = self.kept.article, self.seen.article
        assert old is not None
        self.evidence.append(f"{self.words.shown:.0%} of the kept text stands on the page")
        if self.words.cut_off:
            if Want.STORED not in self.case.met:
                return Want.STORED
            if self.wall.door:
                count = f"{len(self.words.own)} of {len(self.words.kept)} words"
                return self._failed(_S.WALLED, f"the end of the text is not shown ({count})", *self.wall.marks)
        if new is None:
            found = self._alive(self.words.shown)
            same = self.words.shown >= WHOLE
            state = found.state if same or found.state is _S.MOVED else _S.CHANGED
            return replace(found, state=state, similarity=round(self.words.shown, 4), bare=self.seen.verdict.kept)
        moved = drift(old, new)
        found = self._alive(moved.similarity, moved)
        if not self.seen.verdict.kept:
            return found
        return replace(found, bare=articles.render(replace(new, url=old.url)) == articles.render(old))

    def _alive(self, similarity: float | None, moved: Drift | None = None) -> Judgement:
        """It stands there: the same, changed or elsewhere."""
        changed = moved is not None and moved.changed
        words = f"its text changed ({similarity:.0%} alike)" if changed else "its text is as it was kept"
        if self.kind is _K.UNCHANGED:
            words, similarity = "unchanged since it was kept", 1.0
        state, reason = (_S.CHANGED if changed else _S.SAME), words
        if self.case.moved_to is not None:
            how = "for good" if self.case.permanent else "for now"
            state, reason = _S.MOVED, f"moved {how} to {self.case.moved_to}; {words}"
        evidence = (*self.evidence, *self.seen.verdict.evidence)
        return Judgement(
            state, reason, evidence, None, False, self.case.moved_to, self.case.permanent, similarity, moved
        )

    def _first(self) -> Judgement:
        seen = self.seen
        if seen.verdict.kept:
            reason = f"it answers, and is kept for the first time: {seen.verdict.reason}"
            moved = self.case.moved_to
            return Judgement(_S.SAME, reason, seen.verdict.evidence, moved_to=moved, permanent=self.case.permanent)
        if self.kind is _K.SOFT_404:
            return self._verdicts(_S.SOFT_404)
        return self._verdicts(_S.BLOCKED)

    # ------------------------------------------------------------------------------------------------ not a page

    def _by_kind(self) -> Judgement:
        state = _BY_KIND[self.kind]
        if self.kind is _K.SERVER_ERROR and self.wall.may_be_challenge:
            return self._failed(_S.BLOCKED, "the page may be a challenge to browsers", self.seen.verdict.reason)
        if self.seen.failure == "tls":
            state = _S.BLOCKED  # somebody answers; whether that is the site, nobody can tell
        elif self.seen.failure == "redirects":
            state = _S.ERROR
        return self._verdicts(state)

    def _verdicts(self, state: State) -> Judgement:
        """As the verdict has it."""
        verdict = self.seen.verdict
        return self._failed(state, verdict.reason, *verdict.evidence)

    def _failed(self, state: State, reason: str, *evidence: str) -> Judgement:
        """`state`, and the answer kept apart."""
        kind = None
        if self.seen.verdict.kept or (self.kind is _K.EMPTY and state.failed):
            kind = {_S.REPLACED: _K.REPLACED, _S.SOFT_404: _K.SOFT_404, _S.WALLED: _K.PAYWALL}.get(state, _K.BLOCKED)
        told = tuple(dict.fromkeys((*self.evidence, *evidence)))
        similarity = (
            round(self.words.shown, 4) if self.kept.article is not None and self.seen.reading is not None else None
        )
        return Judgement(state, reason, told, kind, False, self.case.moved_to, self.case.permanent, similarity)

    def _document(self) -> Judgement:
        if self.kept.document or self.kept.article is None:
            found = self._alive(None)
            changed = found.state is _S.SAME
            return (
                replace(found, state=_S.CHANGED, reason="the document is another than was kept") if changed else found
            )
        reason = f"a file stands where the article stood, and may hold it ({self.seen.verdict.reason})"
        return self._failed(_S.BLOCKED, reason, *self.seen.verdict.evidence)

    # ------------------------------------------------------------------------------------------------ a page, not it

    def _page(self) -> Judgement | Want:
        """A page that does not show the kept text."""
        if (service := self.wall.parked_at()) is not None:
            return self._failed(_S.SOFT_404, f"the domain is parked at {service}", f"the page leads to {service}")
        if self.kept.article is None:
            return self._without_article()
        if self.case.place_above is None and (part := self._part()) is not None:
            return part
        if Want.STORED not in self.case.met:
            return Want.STORED
        if (found := self._walled()) is not None:
            return found
        if self.case.place_above is not None and self.words.language is not None:
            if Want.HOME not in self.case.met:
                return Want.HOME
            if self.words.led_abroad:
                return self._failed(_S.BLOCKED, f"the whole site leads us to its pages in “{self.words.language}”")
        if self.kind is _K.SOFT_404:
            return self._verdicts(_S.SOFT_404)
        if (found := self._led_up()) is not None:
            return found
        if Want.MADE_UP not in self.case.met:
            return Want.MADE_UP
        if self.words.partly():
            if Want.HOME not in self.case.met and not self.words.same_origin:
                return Want.HOME  # it may hold as much of a short text
            return self._home_instead() if self.words.home_instead else self._edited()
        if self.case.made_up is not None and self.words.alike(self.case.made_up):
            return self._as_made_up()
        return self._another()

    def _without_article(self) -> Judgement | Want:
        """What is kept has no text to go by: a home or section page, or a document."""
        if self.kind is _K.SOFT_404:
            return self._walled() or self._verdicts(_S.SOFT_404)
        if Want.STORED not in self.case.met:
            return Want.STORED
        stored, sketch = self.case.stored, self.seen.sketch
        if sketch is None:
            return self._failed(_S.BLOCKED, "the page shows nothing, and there is no text to compare")
        if stored is not None and stored.sketch is not None:
            if sketch.title and sketch.title == stored.sketch.title:
                return self._other_page()
        elif not self.kept.document:
            return self._other_page()
        if (found := self._walled() or self._led_up()) is not None:
            return found
        if Want.MADE_UP not in self.case.met:
            return Want.MADE_UP
        if self.case.made_up is not None and self.words.alike(self.case.made_up):
            return self._as_made_up()
        if self.kept.document:
            return self._failed(_S.WALLED, "a page stands before the document")
        if Want.HOME not in self.case.met:
            return Want.HOME
        if self.words.home_instead:
            return self._home_instead()
        return self._another() if self.words.prose_is_gone else self._other_page()

    def _other_page(self) -> Judgement:
        """A page of links, as it is now."""
        found = self._alive(None)
        if found.state is not _S.SAME:
            return found
        return replace(found, state=_S.CHANGED, reason="the page is another than was kept, and has no text to compare")

    def _part(self) -> Judgement | Want | None:
        """The headline or the beginning of the text, on the article's own page. The home page may lead with either, and
        what the site shows everywhere may stand in the kept text."""
        cut = self._cut()
        headline = self.words.headline and self.kind is not _K.SOFT_404
        if cut is None and not headline:
            return None
        if not self.words.named and not self.words.same_origin:
            for want in (Want.STORED, Want.HOME, *([] if headline else [Want.MADE_UP])):
                if want not in self.case.met:
                    return want
            if self.words.home_instead:
                return self._home_instead()
            if not headline and not self.words.begins:
                return None
        return cut or self._headline_alone()

    def _cut(self) -> Judgement | None:
        """The beginning of the kept text, and no more of it."""
        own, kept = self.words.own, self.words.kept
        if len(own) < 15 or len(own) > CUT * len(kept) or self.words.of_kept < MOSTLY:
            return None
        if ends_alike(kept, self.words.own_runs, max(20, len(own) // 4)):
            return None  # its end is there: shortened, not cut off
        reason = f"only the beginning of the text is shown ({len(own)} of {len(kept)} words)"
        return self._failed(_S.WALLED, reason, *self.wall.marks)

    def _headline_alone(self) -> Judgement | Want:
        """The headline stands there and the text does not."""
        title = self.kept.article.title if self.kept.article is not None else ""
        self.evidence.append(f"the headline “{title[:100]}” stands on the page")
        own = len(self.words.own)
        if self.wall.withdrawn and Want.STORED not in self.case.met:
            return Want.STORED
        if self.wall.withdrawn and not self.wall.door:
            return self._failed(_S.SOFT_404, "the page says that the article was taken down", *self.wall.withdrawn)
        if self.seen.verdict.kind is _K.ARTICLE and own >= max(LONG, len(self.words.kept) // 3):
            return self._edited()
        return self._failed(_S.WALLED, "the headline stands there, but not the text", *self.wall.marks)

    def _edited(self) -> Judgement:
        """The same article in much other words."""
        new, old = self.seen.article, self.kept.article
        if new is None or old is None:
            return self._failed(_S.WALLED, "only a part of the text is shown", *self.wall.marks)
        moved = drift(old, new)
        return self._alive(moved.similarity, moved)

    # ------------------------------------------------------------------------------------------------ other pages

    def _home_instead(self) -> Judgement:
        """The home page is shown, at its own address or at this one."""
        assert self.case.home is not None
        told = f"{self.case.home.url} shows the same"
        return self._failed(_S.SOFT_404, "the site's home page stands there", told)

    def _walled(self) -> Judgement | None:
        found = self.wall.found()
        return self._failed(found[0], found[1], *found[2]) if found is not None else None

    def _led_up(self) -> Judgement | None:
        """Redirected to the site's home page, or to a section that the page was in."""
        where = self.case.place_above
        if where is None:
            return None
        return self._failed(_S.SOFT_404, f"the address leads to {where}", f"{self.seen.url} answered")

    def _as_made_up(self) -> Judgement | Want:
        """The site says the same for an address that nobody can have made."""
        self.evidence.append("the site answers the same for a made-up address")
        if self.wall.parked():
            return self._failed(_S.SOFT_404, "the domain is parked or for sale", *self._domain_words())
        if self.wall.door and self.wall.speaks_of_consent(12):
            return self._failed(_S.WALLED, "the site asks for consent before any page", *self.wall.marks)
        if self.wall.is_shell:
            return self._shell()
        if self.case.answers or (self.case.moved_to is not None and places.is_home(self.seen.url)):
            return self._failed(_S.SOFT_404, "the page says nothing but what the site says of any wrong address")
        if Want.HOME not in self.case.met:
            return Want.HOME
        if self.words.home_instead:
            return self._home_instead()
        if self.case.home is not None and self.words.alike(self.case.home):
            self.evidence.append("its home page is the same, too")
            state = _S.WALLED if self.wall.door else _S.BLOCKED
            return self._failed(state, "the whole site shows this one page, whatever is asked")
        if self.case.home is not None and not self.case.home.well:
            self.evidence.append(f"its home page does not answer ({self.case.home.verdict.reason})")
        return self._failed(_S.SOFT_404, "the page says nothing but what the site says of any wrong address")

    def _domain_words(self) -> tuple[str, ...]:
        sketch = self.seen.sketch
        return (f"the page speaks of the domain itself: “{sketch.title[:100]}”",) if sketch is not None else ()

    def _shell(self) -> Judgement:
        return self._failed(_S.BLOCKED, "nothing can be seen of the page without running its scripts")

    def _another(self) -> Judgement | Want:
        """Neither the kept page nor what the site says of wrong addresses."""
        if self.case.made_up is not None and self.case.made_up.status is not None:
            self.evidence.append(f"a made-up address is answered otherwise ({self.case.made_up.verdict.reason})")
        if self.wall.is_shell:
            return self._shell()
        if Want.HOME not in self.case.met:
            return Want.HOME
        if self.words.home_instead:
            return self._home_instead()
        if self.words.frame_alone:
            return self._shell()
        if self.wall.has_text and (language := self.words.translated) is not None:
            return self._failed(_S.BLOCKED, f"the page is shown to us in another language, “{language}”")
        if self.wall.has_text:
            title = self.seen.article.title if self.seen.article is not None else ""
            return self._failed(_S.REPLACED, f"another page stands there: “{title[:200]}”", *self.seen.verdict.evidence)
        if self.wall.parked() and not self.words.looks_like_site():
            return self._failed(_S.SOFT_404, "the domain is parked or for sale", *self._domain_words())
        if self.wall.door or self.wall.speaks_of_consent(6):
            return self._failed(_S.WALLED, "something is asked for before the page", *self.wall.marks)
        if (on := self.wall.leads_on) is not None:
            return self._failed(_S.WALLED, f"the page leads on to {on}")
        if self.case.moved_to is not None:
            return self._failed(_S.SOFT_404, f"the address leads to another page, {self.case.moved_to}")
        if len(self.words.page) < BLANK and self.kind is _K.EMPTY and not self.words.looks_like_site():
            reason = "a page stands there that shows nothing"
            return self._failed(_S.SOFT_404, reason) if not self.words.page else self._nothing_left()
        return self._nothing_left()

    def _nothing_left(self) -> Judgement:
        return self._failed(_S.SOFT_404, "neither the headline nor the text stands there, with status 200")


def host_answers(judgement: Judgement) -> bool:
    """Whether this shows that the host of the answer gives its pages to us."""
    return judgement.state in (_S.SAME, _S.CHANGED)
