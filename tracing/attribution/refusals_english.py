"""How a refusal reads in English, in small letters: what the speaker or the sources lack, and what is brief."""

from __future__ import annotations

import re

_NOT = r"(?:not|n['’]t)"
_DO_NOT = r"(?:(?:do|does|did|can|could|will|would|is|are|was|were|has|have)(?: not|n['’]t)|can['’]t|won['’]t|cannot)"
_GIVEN = r"(?:given|provided|supplied|available|above|retrieved|present|current|indexed)"
_PAPERS = (
    r"(?:passages?|documentation|docs|documents?|articles?|sources?|excerpts?|snippets?|extracts?|pages?|texts?"
    r"|context"
    r"|knowledge base|search results|materials?|files?|records?|references?|faqs?|help cent(?:er|re))"
)
_WORKS = r"(?:hand ?books?|manuals?|guides?|polic(?:y|ies)|contracts?|agreements?|reports?|transcripts?|statutes?|act)"
_SOURCE = (
    # Documentation itself speaks of contexts, texts and data: alone, these words name no source of an answer.
    rf"(?:{_GIVEN} (?:\w+ )?(?:context|text|data|content|documents?|material|paragraph|information|articles?"
    rf"|passages?"
    r"|sources?|snippets?|extracts?|excerpts?)|"
    r"(?:the|this|these|my|your|our|any|those) (?:\w+ )?"
    r"(?:passages?|documentation|docs|sources?|excerpts?|knowledge base|search results)|"
    rf"(?:my|your|our) (?:\w+ )?{_PAPERS}|"
    r"(?:context|text|information|paragraph|documents?|content|articles?|passages?|excerpts?|snippets?)(?: that)?"
    rf"(?: was| is| you| i| we| has| have)? (?:been )?(?:{_GIVEN}|looked at|have|found|can search|at hand)|"
    r"documentation that i have)"
)
_TOLD = (
    r"(?:provide|mention|contain|include|specif|state|say|cover|explain|address|describe|discuss|give|have|indicat|"
    r"offer|list|related?|relevant|sufficient|enough|clear|available|found|answer|talk about|touch on|refer|tell)"
)
_LACKS = (
    rf"(?:{_DO_NOT}(?: \w+){{0,4}}? {_TOLD}|lacks?\b"
    r"|(?:make|contain|have|has|say)s? (?:no|nothing)\b|(?:is|are) silent\b)"
)
_KNOWLEDGE = (
    r"(?:information|info|answers?|mention|details?|documents?|articles?|data|entry|entries|references?"
    r"|documentation|sections?|chapter|instructions|guidance|passages?)"
)
_SAYS = (
    r"(?:mention|describe|state|say|specif(?:y|ie)|address|discuss|document|answer|talk|explain|refer|speak|deal)"
    r"(?:s|es|d|ed)?\b"
)
_LEARN = (
    r"(?:(?<!did not )(?<!didn['’]t )know(?! an? (?:better|faster|easier|simpler|other)\b)"
    r"|have (?:[\w-]+ ){0,2}?(?:enough|information|info|access"
    r"|an answer|recommendations?|any|details?|data|records?)|f[io]u?nd|come across|answer|help|assist|tell"
    r"|determine|locate|confirm|verify|got any|say\b|comment"
    r"|see (?:that|this|it|any)|speak to"
    r"|(?:provide|give|offer)(?: \w+){0,4}? (?:answers?|information|details?|advice|guidance|recommendations?"
    r"|that|this))"
)
OF_SPEAKER = re.compile(  # what the speaker lacks; another half of the sentence may answer all the same
    "|".join(
        (
            rf"\b(?:i|we)(?:['’](?:m|re)| am| are| was| were) (?:un(?:able|aware)\b|{_NOT} (?:able|aware)\b"
            rf"|(?:un(?:sure|certain)|{_NOT} (?:\w+ )?(?:sure|certain))(?= *(?:[,.;:!?—-]|$|but\b|about|of\b"
            rf"|on\b|what|who"
            r"|if\b|whether|how|when|where|which|why|i\b)))",
            rf"\b(?:i|we) (?:\w+ )?(?:{_DO_NOT}|(?:am|was|are|were) (?:unable"
            rf"|not able) to)(?: \w+){{0,4}}? {_LEARN}\b",
            r"\b(?:i|we) (?:have|had|found|see|find)(?: \w+){0,2}? (?:no (?:idea|clue|\w+ )?|nothing\b)"
            rf"(?:{_KNOWLEDGE}|idea|clue)?",
            r"\b(?:i|we) (?:lack\b|(?:have to|must) (?:pass|decline)\b|wish (?:i|we) could|can neither\b"
            r"|(?:can )?only able\b)",
            r"\bit is (?:not (?:clear|specified|mentioned|stated|explicitly)|unclear)\b",
            r"\b(?:i|we)(?:['’]d| would) rather not (?:guess|speculate)",
            r"\b(?:i|we)(?:['’]m| am|['’]re| are)? (?:having|have) (?:trouble|difficulty"
            r"|difficulties) (?:finding|locating)",
            r"^(?:sorry|unfortunately|sadly|hmm|apologies)?\W*no (?:idea|clue)\b",
            r"^\W*(?:sorry,? )?(?:could not|couldn['’]t|cannot|can['’]t|unable to) (?:be )?(?:find|answer"
            r"|determine|locate)",
        )
    )
)
OF_SOURCES = re.compile(
    "|".join(
        (
            rf"{_SOURCE}[^.!?\n]{{0,80}}?\b{_LACKS}",
            rf"\b(?:not|n['’]t|nothing|none|no|unrelated|neither) (?:[\w\"'“”]+ ){{0,5}}?"
            rf"(?:in|by|from|of|within|using|to) (?:the |of )?{_SOURCE}",
            rf"\b(?:the |these |those )?{_PAPERS}(?: \w+){{0,4}}? (?:do(?:es)?|did)(?: not|n['’]t) (?:\w+ )?"
            r"(?:mention|specify|discuss|say\b|state\b|answer|address|talk about|touch on|cover (?:this|that|it)\b"
            r"|(?:contain|include|provide|have|give) (?:the answer|any(?:thing)?\b|enough|(?:\w+ )?information"
            r"|details?))",
            rf"\b(?:nothing|none|no \w+) (?:in|of|from) (?:the |my |our |these )?(?:{_PAPERS}"
            rf"|{_WORKS})(?: \w+){{0,5}}? "
            r"(?:mentions?|says?|answers?|discuss(?:es)?|talks?|address(?:es)?|covers?|speaks?|refers?)\b",
            rf"^(?:the |my )?{_PAPERS} lacks? (?:any |the )?(?:\w+ )?(?:information|details|description)",
            rf"\b{_PAPERS}(?: \w+){{0,3}}? (?:is|are|was|were|seems?|appears?)(?: \w+){{0,2}}? "
            r"(?:(?:unrelated|not related|not relevant|irrelevant) to (?:your|the|this) question"
            r"|about something else)",
            r"\b(?:i|we)(?:['’]m| am| are|['’]re) (?:sorry|afraid)\b[^.!?\n]{0,120}?"
            r"(?:\bnot\b|n['’]t|cannot|\bno\b|nothing|none|unrelated|outside|beyond|need more|"
            r",? but (?:i|we|your|the (?:\w+ )?(?:context|question|information|passage)))",
            r"\b(?:i|we) apologi[sz]e,? but\b",
            r"^(?:sorry|unfortunately|sadly|regrettably|apologies)\W+(?:but )?(?:i|we|there|that|this question"
            r"|this is|our"
            rf"|the (?:\w+ )?{_PAPERS}|the (?:\w+ )?(?:information|answer))\b[^.!?\n]{{0,80}}"
            r"(?:\bnot\b|cannot|n['’]t|\bno\b|nothing|unable|outside|beyond|don['’]t)",
            rf"(?<!when )(?<!if )(?<!where )(?<!that )(?<!they have )(?<!they had )"
            rf"\b(?:no|not enough|insufficient) (?:\w+ ){{0,2}}?{_KNOWLEDGE} (?!and\b|or\b)"
            r"(?:\w+ ){0,3}?(?:of|on|about|regarding|concerning|to|was|is|can|could|available|found|provided|related|"
            rf"given|(?:in|for) (?:the |my |our )?(?:{_PAPERS}|{_WORKS}|error))\b"
            r"(?! (?:needed|required|necessary)\b)",
            r"(?:\bnot|n['’]t) (?:enough|sufficient|any) (?:\w+ )?(?:information|context|details?|data)\b",
            r"\bwithout (?:further|more|additional|any)(?: \w+){0,2} (?:context|information|details)\b[^.!?\n]{0,40}"
            r"\b(?:i|we|it is|please)\b",
            r"(?<!that )\b(?:is|are|was|were) not (?:explicitly |specifically |directly |clearly )?mentioned\b",
            r"\bas an ai(?: language)?(?: model| assistant)?(?:,| i\b)|\bas an? \w+ (?:assistant"
            r"|bot)\b[^.!?\n]{0,20}\b(?:can['’]?t|cannot|can not)\b",
            rf"\b(?:cannot|can['’]t|could not|couldn['’]t) be (?:answered|determined|found) "
            rf"(?:from|with|using|based|in (?:the |my )?{_PAPERS})",
            r"\b(?:impossible|not possible) to (?:say|answer|tell|determine)\b",
            rf"\b(?:none|neither|nothing)\b[^.!?\n]{{0,40}}?\b{_SAYS}",
            rf"\bthere (?:does|do|did)(?: not|n['’]t) (?:appear|seem) to be (?:an? |any )?(?:\w+ )?{_KNOWLEDGE}\b",
            rf"(?<!they )(?<!he )(?<!she )\b(?:hold|contain|have|has|show|find|see|say|return|make)(?:s"
            rf"|ed)? (?:nothing|no (?:\w+ )?{_KNOWLEDGE}) "
            r"(?:on|about|regarding|of|concerning|for|in)\b",
            r"\b(?:i|we)(?:['’]m| am| are)? (?:only|just) (?:able to|can|help|a \w+)(?: \w+){0,4}? "
            r"(?:answer|help|questions|tell)",
            r"\b(?:i|we) can only (?:answer|help)\b",
            r"\b(?:outside|beyond|out of) (?:of )?(?:my|the|our|what i) (?:\w+ )?(?:area|scope|expertise|remit"
            r"|knowledge|can)",
            r"\b(?:goes|is|lies|falls) (?:beyond|outside)(?: of)? (?:what|the (?:content|scope))\b",
            r"\b(?:doesn['’]t|does not|didn['’]t|do not|don['’]t) (?:answer|match) (?:your|the|any|this) ",
            r"\b(?:searched|looked|checked|went through)\b[^.!?\n]{0,60}\b(?:found no\b|nothing|came up empty"
            r"|could ?n[o'’]t)",
        )
    )
)
BRIEFLY = re.compile(  # what says so only where the answer is over with it
    "|".join(
        (
            r"^\W*(?:n/?a|unknown|unanswerable|undocumented|cannot answer|no answer|not found)\b(?! \w+ \w)",
            r"\b(?:data|info(?:rmation)?|answers?|details?)(?: is| are| was)? (?:un|not )(?:available|found)\b",
            r"\b(?:question|query|this|that|it) (?:cannot|can['’]t|could not) be (?:answered|determined)\b",
            r"\bno(?:thing| info(?:rmation)?) (?:on|about|regarding|for) (?:that|this|it)\b|\bleaves? (?:this"
            r"|that|it) open\b",
            rf"\b(?:chunks?|results?|{_PAPERS}) (?:is|are|was|were) (?:irrelevant|unrelated|not relevant)\b",
            rf"(?<!they )\bha(?:s|ve) no (?:\w+ )?{_KNOWLEDGE}\b|\bno one has documented\b",
            r"^\W*(?:it|this|that)?\W*(?:is|was)?(?:n['’]t| not|not) (?:\w+ )?"
            r"(?:mentioned|specified|stated|documented|covered|provided|addressed|described|listed)\b",
            rf"^\W*(?:no|insufficient|not enough) (?:\w+ ){{0,2}}?(?:{_KNOWLEDGE}|context|results?)\b",
            rf"\b{_WORKS}(?: \w+){{0,3}}? (?:do(?:es)?|did)(?: not|n['’]t) (?:\w+ )?"
            r"(?:say(?! that)|mention|specify|state|tell|address|discuss|indicate|(?:contain|give"
            r"|provide) (?:any )?information)\b",
            rf"\b(?:{_WORKS}|{_PAPERS}) (?:is|are) silent\b",
            rf"\b(?:is|are|was|were)(?: not|n['’]t) (?:\w+ )?(?:in|listed|stated|covered|documented|given|found"
            rf"|mentioned)\b"
            rf"[^.!?\n]{{0,30}}?\b(?:{_WORKS}|{_PAPERS})\b",
            rf"\b(?:there is|there['’]s|there are) (?:no|nothing)\b[^.!?\n]{{0,30}}?\b(?:{_KNOWLEDGE}|{_WORKS}"
            rf"|{_PAPERS})\b",
            rf"\bno (?:\w+ )?{_KNOWLEDGE} exists?\b|\b(?:this|that|which|it) is(?: not|n['’]t) documented\b",
            r"\b(?:requested|needed|required) information is (?:not|un) ?available\b",
        )
    )
)
