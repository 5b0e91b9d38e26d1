"""How a refusal begins in other languages than English: that nothing was found, or that no answer can be given."""

from __future__ import annotations

import re

_NEAR = r"[^.!?\n]{0,60}?"
_GERMAN_AND_DUTCH = (
    rf"\b(?:ich|wir) {_NEAR}\b(?:keine?n?|nichts?)\b{_NEAR}\b(?:finden|gefunden|beantworten|sagen|informationen)\b",
    rf"\b(?:keine?|nicht genug|nicht genügend) (?:\w+ )?(?:informationen|angaben|hinweise)\b{_NEAR}"
    r"\b(?:dazu|darüber|hierzu|zu|über|gefunden|enthalten|vorhanden)\b",
    rf"\b(?:dokumentation|kontext|quellen|dokumente|artikel)\b{_NEAR}"
    rf"\b(?:enthält|enthalten|erwähnt|erwähnen|beantwortet)\b{_NEAR}\b(?:keine?|nicht|nichts)\b",
    rf"\b(?:ik|we|wij) {_NEAR}\b(?:geen|niets?)\b{_NEAR}\b(?:vinden|gevonden|beantwoorden|informatie)\b",
)
_FRENCH = (
    rf"\bje n(?:e |['’]){_NEAR}\b(?:pas|aucune?|rien)\b{_NEAR}\b(?:trouv\w+|répondre|informations?|réponse)\b",
    rf"\b(?:contexte|documentation|documents?|sources?)\b{_NEAR}\bne (?:contien|mentionn|précis|fourni|indiqu)",
)
_SPANISH_PORTUGUESE_AND_ITALIAN = (
    rf"\bno (?:tengo|dispongo|encuentro|encontré|he|hay|pude|puedo)\b{_NEAR}"
    r"\b(?:información|respuesta|encontrar|encontrado|responder)\b",
    rf"\b(?:contexto|documentación|documentação|documentos|fuentes|fontes)\b{_NEAR}"
    r"\b(?:no|não) (?:contien|contêm|contém|mencion|inclu|proporcion|especific|indic)",
    rf"\bnão (?:tenho|encontrei|consegui|consigo|há|posso)\b{_NEAR}"
    r"\b(?:informaç\w+|resposta|encontr\w+|responder)\b",
    rf"\bnon (?:ho|posso|trovo|dispongo|sono)\b{_NEAR}\b(?:trov\w+|rispondere|informazioni|risposta)\b",
    rf"\b(?:contesto|documentazione|documenti|fonti)\b{_NEAR}\bnon (?:contien|contengono|menzion|fornisc|specific)",
)
_OTHER_LETTERS = (
    "[无無]法回答|未(?:找到|提及)",
    "(?:没有|沒有)(?:找到|提到|提及)?(?:任何|相关|相關|足够的|足夠的)*(?:信息|資訊|资料|資料)",
    "見つかりません|見つけられません|情報(?:は|が)(?:ありません|含まれていません)|お答えできません|記載されていません",
    r"не (?:удалось найти|нашел|нашёл|нашла|могу ответить)|нет (?:\w+ )?(?:информации|сведений)",
    "정보(?:가|를) (?:없|찾을 수 없)",
)
# By what `language` says.
ABROAD = {
    "other": re.compile("|".join((*_GERMAN_AND_DUTCH, *_FRENCH, *_SPANISH_PORTUGUESE_AND_ITALIAN)), re.IGNORECASE),
    "script": re.compile("|".join(_OTHER_LETTERS), re.IGNORECASE),
}
