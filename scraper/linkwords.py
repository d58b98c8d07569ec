"""A check's answer held word by word against what is kept of the link, and against other answers of the site. Pure."""

from __future__ import annotations

from functools import cached_property

from archive import article as articles
from archive.models import Article, VerdictKind
from scraper import likeness, places
from scraper.identity import identity
from scraper.linkcase import Case, Seen
from scraper.read.reading import Sketch

THERE = 0.5
"""Of the kept text's runs of words, how many a page must show to be it."""
PARTLY = 0.3
WHOLE = 0.85
GONE = 0.2
WITHOUT_END = 0.9
"""What has fewer of the kept words may be cut off."""
PROSE = 3
"""Paragraphs of some length, links apart, that make a page more than a list."""
ECHO = 12
"""So many words more or less make no other page: times, numbers, names of sections."""
LOADING = 6
"""So many runs of words come of the seam where nothing stands, and of a word or two that say to wait."""
LEADS = 4
NEW_LEADS = 3
"""So many links to articles, and such as the kept page did not have, make a home page."""


def ends_alike(kept: list[str], live: set[tuple[str, ...]], words: int = 20) -> bool:
    """Whether of so many of the last words of a kept text some stand in a live one, of which these are the runs."""
    return likeness.share(likeness.runs(kept[-words:]), live) > PARTLY


def is_version(kept: Article, live: Article) -> bool:
    """Whether enough of a kept text stands in a live one, its end too, that it need not be judged."""
    before, now = (likeness.words(articles.said(each)[0]) for each in (kept, live))
    runs = likeness.runs(now)
    uncut = len(now) > WITHOUT_END * len(before) or ends_alike(before, runs)
    return uncut and likeness.share(likeness.runs(before), runs) >= THERE


class Words:
    """What one case comes to in words; each thing is found when it is first looked at."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._kept = case.kept
        self._seen = case.seen

    @cached_property
    def kept(self) -> list[str]:
        return likeness.words(articles.said(self._kept.article)[0]) if self._kept.article is not None else []

    @cached_property
    def kept_runs(self) -> set[tuple[str, ...]]:
        return likeness.runs(self.kept)

    @cached_property
    def page(self) -> list[str]:
        sketch = self._seen.sketch
        own = articles.said(self._seen.article)[0] if self._seen.article is not None else ""
        return likeness.words(f"{sketch.text if sketch is not None else ''}\n{own}")

    @cached_property
    def shown(self) -> float:
        """How much of the kept text stands on the page."""
        if not self.kept_runs or self._seen.reading is None:
            return 0.0
        return likeness.share(self.kept_runs, likeness.runs(self.page))

    @cached_property
    def own(self) -> list[str]:
        """Those of the live page's own article."""
        return likeness.words(articles.said(self._seen.article)[0]) if self._seen.article is not None else []

    @cached_property
    def of_kept(self) -> float:
        """How much of the live article is the kept text."""
        return likeness.share(likeness.runs(self.own), self.kept_runs)

    @cached_property
    def headline(self) -> bool:
        """Whether the kept headline stands on the page."""
        if self._kept.article is None or self._seen.reading is None:
            return False
        reading = self._seen.reading
        titles = [reading.title or "", *reading.signals.headings[:1]]
        if reading.sketch is not None:
            titles.append(reading.sketch.title)
        if self._seen.article is not None:
            titles.append(self._seen.article.title)
        return likeness.same_headline(self._kept.article.title, titles)

    @property
    def named(self) -> bool:
        """Whether the page bears the kept headline in its title: it is about that, and not one that lists it first."""
        sketch = self._seen.sketch
        if self._kept.article is None or sketch is None:
            return False
        return likeness.same_headline(self._kept.article.title, [sketch.title])

    @cached_property
    def cut_off(self) -> bool:
        """Whether the live text is the kept one without its end."""
        own, kept = self.own, self.kept
        return len(own) <= WITHOUT_END * len(kept) and self.of_kept >= WHOLE and not ends_alike(kept, self.own_runs)

    @property
    def language(self) -> str | None:
        """The language of the page, where it is another than the kept one's and both are stated."""
        sketch, kept = self._seen.sketch, self._kept.article
        before = (kept.meta.language or "") if kept is not None else ""
        before = before.lower().replace("_", "-").partition("-")[0]
        now = sketch.language if sketch is not None else ""
        return now if now and before and now != before else None

    @property
    def led_abroad(self) -> bool:
        """Whether who asks for the home page is led where this address leads, too."""
        home = self._case.home
        return home is not None and bool(home.hops) and identity(home.url) == identity(self._seen.url)

    @property
    def translated(self) -> str | None:
        """The language of the page, where it is the kept one in that, by its own word or by its address."""
        sketch, language = self._seen.sketch, self.language
        if sketch is None or language is None:
            return None
        own = {identity(each) for each in (self._case.asked, self._kept.final) if each}
        others = {identity(url) for tag, url in sketch.alternates if tag != language}
        if own & others or any(places.in_other_language(self._seen.url, each) for each in own):
            return language
        return None

    @property
    def same_origin(self) -> bool:
        """Whether the live article is by the same people and of the same day as the kept one."""
        old, new = self._kept.article, self._seen.article
        if old is None or new is None or old.date is None or not old.authors:
            return False
        return (old.date, old.authors) == (new.date, new.authors)

    @cached_property
    def own_runs(self) -> set[tuple[str, ...]]:
        return likeness.runs(self.own)

    @property
    def fresh(self) -> int:
        """How many words of the live article, by its runs, the site does not show on its other pages."""
        runs = set(self.own_runs)
        for other in (self._case.stored, self._case.made_up, self._case.home):
            sketch = other.sketch if other is not None else None
            if sketch is not None:
                runs -= likeness.runs(likeness.words(sketch.text))
        return len(runs)

    @property
    def frame_alone(self) -> bool:
        """Whether the page says nothing that the kept one, the home page and a wrong address do not: what stands in the
        frame of the site would be drawn by scripts."""
        reading, sketch, home = self._seen.reading, self._seen.sketch, self._case.home
        if reading is None or sketch is None or not reading.signals.scripts or home is None or home.sketch is None:
            return False
        made_up = self._case.made_up.sketch if self._case.made_up is not None else None
        stored = self._case.stored.sketch if self._case.stored is not None else None
        found = likeness.runs(likeness.words(sketch.text))
        for each in (home.sketch, made_up, stored):
            found -= likeness.runs(likeness.words(each.text)) if each is not None else set()
        return len(found) <= LOADING

    @property
    def prose_is_gone(self) -> bool:
        """Whether the kept page, of which no article could be read, had paragraphs that stand here no more. What only
        lists others shows nothing by that."""
        stored = self._case.stored
        if stored is None or stored.sketch is None or stored.signals.paragraphs < PROSE:
            return False
        own = likeness.runs(likeness.words(stored.sketch.text))
        made_up = self._case.made_up.sketch if self._case.made_up is not None else None
        if made_up is not None:
            own -= likeness.runs(likeness.words(made_up.text))
        return likeness.share(own, likeness.runs(self.page)) < GONE

    def partly(self) -> bool:
        """Whether some of the kept text stands there that the site does not show everywhere."""
        if self.same_origin:
            return True
        if self.shown < PARTLY:
            return False
        own = self.kept_runs - self._everywhere
        return likeness.share(own, likeness.runs(self.page)) >= PARTLY

    @property
    def begins(self) -> bool:
        """Whether some of the live text is of the kept one, and is not shown everywhere."""
        return len((self.own_runs & self.kept_runs) - self._everywhere) >= ECHO

    @cached_property
    def _everywhere(self) -> set[tuple[str, ...]]:
        """What the site shows on its other pages."""
        found: set[tuple[str, ...]] = set()
        for other in (self._case.made_up, self._case.home):
            if other is not None and other.sketch is not None:
                found |= likeness.runs(likeness.words(other.sketch.text))
        return found

    def alike(self, other: Seen) -> bool:
        """Whether the answer is what the site says there, too."""
        mine, its = self._seen.sketch, other.sketch
        if not other.well or not self._seen.well:
            return False
        if identity(other.url) == identity(self._seen.url) and other.hops:
            return True
        if its is None or mine is None:
            nothing = self._seen.verdict.kind is VerdictKind.EMPTY and other.verdict.kind is VerdictKind.EMPTY
            return nothing and its is mine
        known = likeness.own_words(self._case.asked) | likeness.own_words(self._seen.url)
        known |= likeness.own_words(other.url) | {word for url, _ in other.hops for word in likeness.own_words(url)}
        ours = likeness.but_of(known, likeness.words(mine.text))
        theirs = likeness.but_of(known, likeness.words(its.text))
        least = min(len(ours), len(theirs))
        most = max(3.0, min(ECHO, 0.4 * least), 0.15 * least)
        if likeness.novel(ours, theirs) <= most and likeness.novel(theirs, ours) <= most:
            return True
        return self._same_title(mine, its, known) and likeness.alike(ours, theirs) >= THERE

    @staticmethod
    def _same_title(mine: Sketch, its: Sketch, known: set[str]) -> bool:
        """Whether two titles are the same but for the words of their addresses. Where one alone has such words, it says
        what the other does not."""
        whole = [likeness.words(each.title) for each in (mine, its)]
        left = [likeness.but_of(known, title) for title in whole]
        return bool(left[0]) and left[0] == left[1] and (left[0] == whole[0]) == (left[1] == whole[1])

    @cached_property
    def home_instead(self) -> bool:
        """Whether the site's home page stands there, as it leads on to what the kept page did not. The whole site may
        show a dialog, or that it is being worked on: those lead to no articles."""
        home, sketch = self._case.home, self._seen.sketch
        before = self._kept.final or self._case.asked
        if home is None or home.sketch is None or sketch is None or self._is_start(home, before):
            return False
        stored = self._case.stored.sketch if self._case.stored is not None else None
        if stored is not None and stored.title == sketch.title and sketch.title:
            return False  # a page of links that has others now
        there = places.articles(home.sketch.links, home.url) - {identity(before)}
        known = places.articles(stored.links, home.url) if stored is not None else set()
        return len(there) >= LEADS and len(there - known) >= NEW_LEADS and self.alike(home)

    @staticmethod
    def _is_start(home: Seen, url: str) -> bool:
        """Whether this address is the site's home itself."""
        return places.is_home(url) or identity(home.url) == identity(url)

    def looks_like_site(self) -> bool:
        """Whether the page has the frame that the kept one had: the same links on it."""
        stored, sketch = self._case.stored, self._seen.sketch
        if stored is None or stored.sketch is None or sketch is None:
            return False
        own = set(sketch.links)
        return len(own & set(stored.sketch.links)) >= max(3, len(own) // 3)
