"""How the words between two mentions tie them together: small closed lists, no parsing."""

from __future__ import annotations

import re

from oncospan.pipeline.mentions.mention import Line, Mention

_WORD = re.compile(r"[a-z']+", re.IGNORECASE)

LINKS = frozenset(
    "of in at within on inside arising originating located involving affecting occupying filling from over near".split()
)
"""Words that place a tumor in a site when they stand between the two."""

FILLERS = frozenset(
    """the a an his her their your my our its this that both multiple several numerous multifocal diffuse extensive widespread known new
    left right bilateral upper lower mid middle distal proximal anterior posterior lateral medial superior inferior central dorsal
    volar ventral plantar palmar flexor extensor inner outer
    primary origin region location area wall part portion side aspect pole segment lobe body head tail neck level site sites tissue
    mucosa skin surface large small cm mm measuring approximately about o clock position type cell cells well circumscribed
    invasive infiltrating with w grade stage high low intermediate differentiated moderately poorly well g ki mib low index
    regional local distant solitary single isolated other confined limited localized unspecified specified""".split()
)
"""Words that may stand between a tumor and its site without loosening the tie."""

BLOCKS = frozenset(
    """and but however although though without not no negative showed shows show revealed reveals demonstrated demonstrates is
    was were are has had which who treated underwent confirmed confirming found revealed revealing showing
    demonstrating proved after before metastatic metastasis metastases spread extending invading
    invaded extends due for by she he patient status post identical similar comparable resembling unlike""".split()
)
"""Words that part what stands before them from what stands after."""


WITH = re.compile(r"(?<!c/)\bw(?:ith)?\b")
GRADED = re.compile(
    r"(?:[\s;()%\d.<>=/,-]|\b(?:who|ki|mib|index|hot|spot|cm|mm|mitos[ei]s|counted|per|hpf)\b){0,60},\s{1,2}", re.IGNORECASE
)
"""What stands between a tumor with its grade and the word that calls it metastatic ("tumor, grade 2 (Ki-67 9%), metastatic")."""


def bare(line: Line, a: Mention, b: Mention, *cut: str) -> str:
    """The text between two mentions, lowered, with the mentions of the ``cut`` categories blanked."""
    if a.start > b.start:
        a, b = b, a
    text = line.between(a, b).lower()
    for m in line.mentions:
        if a.end <= m.start and m.end <= b.start and m.category in cut:
            text = text[: m.start - a.end] + " " * (m.end - m.start) + text[m.end - a.end :]
    return text


def words(text: str) -> list[str]:
    """The lower-case words of a text."""
    return [w.lower() for w in _WORD.findall(text)]


_MATCHES = re.compile(
    r"\W*(?:(?:which|that|and)\s)?(?:(?:does|do)\s)?correspond\w{0,3}\s(?:to|with)\s"
    r"(?:(?:the|a|her|his|patient\W?s|known|history|of|recent|recently|newly|diagnosis|diagnosed|biopsy|proven)\W*){0,9}",
    re.IGNORECASE,
)


_SEGMENTS = re.compile(r"\A(?:\s?(?:,|/|-|&|,?\sand)\s?(?:segments?\s|seg\.?\s)?(?:[ivx]{1,4}|[1-8])[ab]?\b){1,7}", re.IGNORECASE)
"""The further segments of a liver behind the first ("segment IVb and VII metastases")."""


_QUOTED = re.compile(r"\)\s?[\"'\u2018\u201c]")
"""What parts the organ of a frozen section from its answer ("FSA (right ovary) \"carcinoma\"")."""


def before_ties(text: str) -> bool:
    """Whether a site whose gap to the tumor after it is ``text`` belongs to that tumor ("pancreatic … tumor")."""
    if _MATCHES.fullmatch(text) or _QUOTED.fullmatch(text):
        return True
    text = _SEGMENTS.sub("", text, count=1)
    if re.search(r"[;:()]|\.(?!\d)|\s-\s|,\s*w(?:ith)?\b", text):
        return False
    found = words(text)
    return len(found) <= 4 and not any(w in BLOCKS or w in LINKS or w == "to" for w in found)


_FOUND_IN = re.compile(
    r"^\W{0,3}(?:(?:was|were|is|are|has been|could be)\s+)?(?:(?:then|now|later|subsequently|eventually|finally|ultimately)\s+)?(?:found|identified|seen|located|locali[sz]ed|noted|present|detected|discovered|centered|arising|palpated|palpable"
    r"|felt|noticed|observed|visuali[sz]ed)"
    r"\s+(?:in|at|within|on|involving)\b"
)


_SEATED = re.compile(
    r"\s?(?:,\s)?(?:(?:is|was|being|lies|lay|sits|located|locali[sz]ed|situated|arose|arising|arises|began|begun|originated|found|seen|identified|detected|discovered|finally|later|then)\s){0,3}(?:(?:in|at|within)\s(?:the\s|his\s|her\s)?(?:(?:left|right)\s)?"
    r"|(?<=\bis\s)the\s|(?<=\bwas\s)the\s|(?<=\bbeing\s)the\s)|\s?=\s?|\s[-\u2013]\s",
    re.IGNORECASE,
)


def seats_origin(text: str) -> bool:
    """Whether the text between a word for an origin and an organ seats the one in the other ("the primary is in the ileum")."""
    return _SEATED.fullmatch(text) is not None


_IS_IN = re.compile(
    r"\s*(?:(?:is|was|lies|lay|sits|sat)\s+(?:in|at|on|within)|(?:(?:is|was)\s+)?(?:confined|limited|restricted)\s+to)\s+"
    r"(?:(?:the|his|her)\s+)?(?:(?:upper|lower|mid|distal|proximal)\s+)?"
)


def is_in(text: str) -> bool:
    """Whether the text between a tumor and an organ says no more than that it lies there ("the carcinoid is in the ileum", "confined to the ileum")."""
    return _IS_IN.fullmatch(text) is not None


def after_ties(text: str) -> bool:
    """Whether a site whose gap to the tumor before it is ``text`` is where that tumor lies ("… tumor of the pancreas")."""
    if ";" in text or re.search(r"\.\s", text):
        return False
    text = _FOUND_IN.sub(" in ", text, count=1)
    found = words(re.sub(r"\([^()]{0,120}\)", " ", text))
    if not BLOCKS.isdisjoint(found):
        return False
    unknown = [w for w in found if w not in LINKS and w not in FILLERS]
    if not LINKS.isdisjoint(found):
        return len(unknown) <= 2 and len(found) <= 14
    return not unknown and len(found) <= 4 and bool(re.search(r"[,:(-]", text))


_INVADES = re.compile(
    r"\b(?:invad(?:es|ed|ing)|invasive into|(?:invasion|infiltration)\s(?:of|into)|extension\s(?:to|into)|infiltrat(?:es|ed)|infiltrating into|penetrat(?:es|ed|ing)|extend(?:s|ed|ing))\b",
    re.IGNORECASE,
)


def invades(text: str) -> bool:
    """Whether a site whose gap to the tumor before it is ``text`` is grown into, not where that tumor began."""
    return _INVADES.search(text) is not None


_INVOLVES = re.compile(r"\b(?:involv(?:es|ed|ing)|affect(?:s|ed|ing))\b", re.IGNORECASE)


def involves(text: str) -> bool:
    """Whether a site whose gap to the tumor before it is ``text`` is taken in by it: its own organ, or one beside it."""
    return _INVOLVES.search(text) is not None


_FRONT = re.compile(r"\W{0,3}(?:in|at|on|within|inside)\s+(?:the\s+|her\s+|his\s+)?(?:[\w-]+\s+){0,2}", re.IGNORECASE)


def opens(text: str) -> bool:
    """Whether the text before an organ says that the sentence opens with it ("In the …")."""
    return _FRONT.fullmatch(text) is not None


_THERE = re.compile(
    r"(?:\s[\w-]{1,14}){0,3}?\s(?:there\s(?:was|were|is|are|existed|appeared)|(?:we|one)\s(?:found|saw)|(?:was|were|is)\s(?:found|seen|discovered|noted|identified|located|detected))"
    r"\s(?:(?!(?:that|which|from|of|and|or|but|with|without|not)\b)[\w-]{1,16}\s){0,4}",
    re.IGNORECASE,
)


def there(text: str) -> bool:
    """Whether the text between an organ that opens the sentence and a tumor says that the one is in the other (" there was a ")."""
    return _THERE.fullmatch(text) is not None


_LIST_GAP = re.compile(
    r"(?:[\s,;/&()+>-]|\b(?:and|or|but\salso|as|well|along|with|plus|to|in|into|of|the|both|also|multiple|bilateral|left|right|possibly"
    r"|regions?|areas?|spaces?|lobes?|glands?|tissues?|muscles?|bones?|several|diffuse|extensive|her|his|your|their|my|other|rest|residual|remaining|remnant|contralateral|opposite|distant|regional|abdominal|involving|including|then|nor|neither|likely"
    r"|(?:another|one|two|three|four|five|six|(?:a\s)?single|(?:a\s)?solitary|a\sfew|some|others?|\d{1,2})\s(?:(?:more|further|other)\s)?(?:in|within|at)"
    r"|dx|diagnosed|since|(?:19|20)\d\d"
    r"|(?:fir|1)st|(?:seco|2)nd|(?:thi|3)rd|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|\d{1,2}th)\b)*",
    re.IGNORECASE,
)


def lists(text: str) -> bool:
    """Whether two sites with ``text`` between them stand in one list ("liver, lung and bone")."""
    text = _ASIDE.sub(" ", text)
    return len(text) <= 60 and _LIST_GAP.fullmatch(text) is not None


_ASIDE = re.compile(r"\([^()]{0,60}\)")


_JOIN_GAP = re.compile(
    r"(?:[\s,/&()+-]|\b(?:and|or|nor|but\salso|the|left|right|bilateral|both|distant|regional|as|well|parenchymal|in[- ]transit|satellite|multiple|several|new|small"
    r"|multifocal|scattered|diffuse|extensive|numerous|innumerable|widespread|solitary|single|bulky|progressive|known|stable|large|tiny|lytic|sclerotic|blastic|avid|hypermetabolic)\b)*",
    re.IGNORECASE,
)


def joins(text: str) -> bool:
    """Whether two sites with ``text`` between them share the noun after the second ("hepatic and osseous metastases")."""
    return len(text) <= 60 and _JOIN_GAP.fullmatch(text) is not None


_TO_SITE = re.compile(
    r"\W*(?:(?:not\sonly|[a-z]{3,16}ly|to|in|into|of|involving|within|on|at|along|around|through|throughout|including|include|includes|are|were|was|is|identified|noted|seen|lay|lies|lie|lying"
    r"|demonstrated|shown|evident|visible|visuali[sz]ed|detected|observed|revealed|depicted|discovered|documented|described|apparent|appreciated|recogni[sz]ed"
    r"|disclosed|confirmed|suspected|diagnosed|could|can|be|been|has|have|had|appeared|developed|arisen|occurred|emerged|exists?|existed|excised|removed|resected|biopsied|taken|involved|affected|reached|struck|hit|anywhere|either|any|all|each|examined|sampled|submitted|retrieved"
    r"|found|present|located|locali[sz]ed|situated|sited|lodged|seated|affecting|from|disease|lesions?|deposits?|involvement|nodules?|lesion|tumou?rs?|spread|the|a|an|his|her|your|their|my|both|one"
    r"|multiple|bilateral|left|right|extensive|diffuse|widespread|several|large|small|new|solitary|single|distant|regional|other"
    r"|(?:chest|abdomen|pelvis|thigh|buttock|trunk|arm|leg|flank)\sand"
    r"|local|predominantly|mainly|site|sites|organs?|(?:sub)?mucosa|(?:sub)?serosa|walls?|parenchyma|muscularis|propria|substance|layers?|cancer|carcinoma|numerous|scattered|her|s|carcinomatous|carcinomatosa[em]?|also|process|nature|aspects?|appearance|character"
    r"|\d{1,3}(?:st|nd|rd|th)?|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|level|unspecified|body|bodies|implants?|or|nor|neither|chest|abdomen|pelvis|mass|masses|direct|invasion|namely|lobe|portion|region|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty)\b\W*){0,10}",
    re.IGNORECASE,
)


def leads_to(text: str) -> bool:
    """Whether a metastasis word followed by ``text`` and a site says that the site is reached."""
    if len(text) > 90 or ";" in text or _ENDS_LINE.search(text):
        return False
    return any(words_.fullmatch(text) is not None for words_ in (_TO_SITE, _UNKNOWN_TO_SITE, _REGION_FIRST))


_ENDS_LINE = re.compile(r"\.\s|\d\s?/\s?\d{1,3}\)?\s*\n")
"""Ends what a metastasis word leads to: a full stop, or the count of nodes at the end of a line ("micrometastasis in one: 1/9")."""

_REGION_FIRST = re.compile(
    r"\s(?:to|in|into|involving|at|of)\s(?:(?:the|his|her|both|left|right)\s){0,2}(?!(?:from|of|and|or)\b)[\w-]{3,20}\s(?:regions?|areas?|spaces?|fossae?|triangles?),?"
    r"\s(?:and\s)?(?:(?:to|in|the|both|left|right|bilateral|multiple)\s){0,3}"
)
"""A region of no organ that opens the list of the sites reached ("metastases to the submental area, lungs and bones")."""

_UNKNOWN_TO_SITE = re.compile(
    r"\s(?:(?!(?:and|or|with|without|prior|due|related|compared|response|refractory|secondary|referred|resistant|next|adjacent|close|up|similar|identical|compatible|corresponding|attributable|comparable|analogous|known|his|her|the|from|of|by|for|in"
    r"|according|likely|is|was|were|are|has|had|have|not|no|work\w{0,2}|survey|evaluation|potential|risk|as|because|if|than|scan\w{0,3}|plan\w{0,4})\b)"
    r"[\w/-]{2,20}\s){1,3}to\s(?:(?:the|both|her|his|your|left|right|multiple)\s){0,2}"
)
"""A name between the word and where it went ("metastatic CCRCC to the lung")."""


_ORIGIN = re.compile(
    r"(?<!excised\s)(?<!removed\s)(?<!resected\s)(?<!taken\s)(?<!biopsied\s)(?<!dissected\s)\b(?:from|secondary to|due to|originating|primary)\b",
    re.IGNORECASE,
)


def origin(text: str) -> bool:
    """Whether the words between a metastasis word and a site or tumor name where it came from."""
    return _ORIGIN.search(text) is not None


_SHOWS = re.compile(
    r"\b(?:consistent|compatible|suspicious|concerning|worrisome|suggest\w{0,6}|represent\w{0,6}|positive|showed|shows|show|revealed|reveals"
    r"|demonstrat\w{0,6}|confirm\w{0,6}|prove[dn]?|conclud\w{2,3}|disclos\w{1,3}|yield\w{0,3}|objectif\w{2,4}|evidenced|returned|contain\w{0,4}|correspond\w{0,3}|turn(?:ed|s)\sout|interpret\w{0,4}|consider\w{0,3}|regarded|deemed|judged|labell?ed|classified|attribut\w{2,4}|involved|likely|with|due|relation|relationship|for|indicat\w{0,4}|report\w{0,4}|called|diagnosed|was|were|is|are|of|by|read)\b|=",
    re.IGNORECASE,
)


def shows(text: str) -> bool:
    """Whether what stands before ``text`` is said to be or to hold what stands after it."""
    return len(text) <= 140 and _SHOWS.search(text) is not None and not re.search(r"\.\s|;", text)
