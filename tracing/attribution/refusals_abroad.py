"""How a refusal reads in other languages than English, in small letters: that nothing was found, or can be told."""

from __future__ import annotations

import re

_NEAR = r"[^.!?\n]{0,60}?"
_GERMAN_AND_DUTCH = (
    rf"\b(?:ich|wir|ik|we|wij)\b{_NEAR}\b(?:keine?n?|nichts?|geen|niets?|niet)\b{_NEAR}"
    r"\b(?:finden|gefunden|beantworten|sagen|informationen|auskunft|vinden|gevonden|beantwoorden|informatie)\b",
    rf"\b(?:finde ich|habe ich|find ik|heb ik)\b{_NEAR}\b(?:keine?n?|nichts?|geen|niets)\b",
    rf"\b(?:weiß|weiss|weet) (?:ich|wir|ik) {_NEAR}\b(?:nicht|niet)\b|\b(?:ich|ik) (?:weiß|weiss|weet) (?:es"
    rf"|das|dat|het) "
    r"(?:leider |helaas )?(?:nicht|niet)\b|^\W*keine ahnung\b|^\W*geen idee\b",
    r"\b(?:keine?|nicht genug|nicht genügend|unzureichende?|geen|onvoldoende)(?: \w+){0,2} (?:informationen|angaben?"
    r"|hinweise|informatie|gegevens)\b(?! (?:angezeigt|erforderlich|nötig|nodig))",
    rf"\b(?:dokumentation|kontext|quellen|dokumente?n?|artikel|unterlagen|texte?n?|handbuch|documenten|documentatie"
    rf"|handleiding)\b{_NEAR}\b(?:enth[aä]lt(?:en)?|erwähn\w+|beantwort\w+|nenn\w+|sagt|sagen|bevat(?:ten)?"
    rf"|vermeld\w*)\b"
    rf"{_NEAR}\b(?:keine?|nicht|nichts|geen|niet|niets)\b",
    rf"\b(?:frage|vraag)\b{_NEAR}\b(?:nicht|niet)\b{_NEAR}\b(?:beantworten|beantwortet|beantwoorden|beantwoord)\b",
    rf"\b(?:steht|staat)\b{_NEAR}\b(?:nicht|nichts|niet|niets)\b|\b(?:geht|gaat)\b{_NEAR}\b(?:nicht|niet) hervor\b",
    rf"\b(?:hierzu|dazu|darüber|zu diesem thema|hierover|daarover)\b{_NEAR}\b(?:keine?|nichts?|geen|niets)\b",
    r"^\W*nicht (?:angegeben|bekannt|erwähnt|gefunden)\W*$|\baußerhalb meines\b|\bnicht die rede\b",
    rf"\b(?:kann ich|lässt sich|kan ik)\b{_NEAR}\b(?:nicht|niet)\b{_NEAR}\b(?:feststellen|sagen|ermitteln"
    rf"|zeggen|bepalen)\b",
    rf"\bkeine?\b{_NEAR}\b(?:auskunft|dokumente?|einträge?|treffer|ergebnisse?|antwort)\b|\bgeen antwoord\b",
    rf"\b(?:text\w*|dokument\w*|abschnitt\w*|quellen|bronnen|teksten?)\b{_NEAR}\b(?:behandel\w+|zeggen"
    rf"|sagen)\b{_NEAR}"
    r"\b(?:nicht|nichts|niets|niet)\b|\bniets over (?:gezegd|vermeld|gevonden|te vinden)\b",
)
_FRENCH = (
    rf"\b(?:je|nous) n(?:e |['’]){_NEAR}\b(?:pas|aucune?|rien)\b{_NEAR}"
    r"(?:\btrouv\w+|\brépondre|\binformations?\b|\bréponse\b|\bsais\b|$)",
    r"\bje ne sais (?:malheureusement )?pas\b|\bn['’](?:ai|avons) (?:rien|aucune? \w+)\b|\bne trouve rien\b",
    rf"\b(?:contexte|documentation|documents?|sources?|manuel|articles?|extraits?|guide)\b{_NEAR}"
    r"\bn(?:e |['’])(?:contien|mentionn|précis|fourni|indiqu|perme|abord|trait|parl|répond|di(?:t|sent)\b)\w*",
    r"\baucune? (?:document|source|extrait|article|passage) n(?:e |['’])|\bimpossible de (?:répondre|dire"
    r"|déterminer)\b|\bmuette?s?\b"
    r"|\bn['’]ai pas (?:accès|la réponse|(?:de |d['’]|cette )?(?:information|donnée|réponse))|\bdépasse le cadre\b",
    rf"\b(?:information|réponse|question|donnée)s?\b{_NEAR}\bn(?:e |['’])(?:est|sont|figur\w+|se trouv\w+|appara\w+)"
    rf"(?: \w+)? pas\b",
    r"^\W*(?:\w+,? )?aucune (?:information|réponse|donnée)\b|\brien dans (?:les|mes|nos) (?:sources|documents)\b",
    r"\bpas (?:assez|suffisamment) d['’](?:informations?|éléments)\b",
)
_SAY = (
    r"(?:contien|contém|contêm|menc?ion|inclu|proporcion|especific|indic|fornisc|fornec|specific|precis|aclar|abord"
    r"|tratt?|fala|habla|dice|diz|parla)"
)
_SPANISH_PORTUGUESE_AND_ITALIAN = (
    rf"\b(?:no|não|non) (?:lo |la |se |me |ho |he |o |a )?(?:tengo|dispongo|encuentro|encontré|he|hay|pude"
    rf"|puedo|encontr\w+"
    rf"|tenho|encontrei|consegui|consigo|há|posso|ho|trovo|dispongo|sono|ci sono)\b{_NEAR}"
    r"\b(?:informa\w+|respuestas?|respost\w+|rispost\w+|encontr\w+|responder|rispondere|trovat\w+|nada|datos?"
    r"|dados|dati)\b",
    r"\b(?:no|não|non) (?:se |è |é |está |ha |foi )?(?:consta|menciona|mencionad[oa]|especifica|especificad[oa]"
    r"|specificat[oa]"
    r"|indicat[oa]|indicad[oa]|menzionat[oa]|riportat[oa]|se menciona)\b|\bdesconozco\b|\bno puedo ayudar\w*\b",
    r"\b(?:ning[uú]n[oa]?|nenhum[a]?|nessun[oa]?)(?: (?:de los|das?|dos|dei|delle))? (?:document|fuente|fonte"
    r"|text|pasaje)\w* "
    rf"(?:trat|habl|parl|fala|{_SAY})",
    r"^\W*(?:\w+, )?(?:no lo sé|no sé|não sei|non lo so|non so)\b",
    rf"\b(?:contexto|documentaci[oó]n|documentação|document[oi]s?|texto|testo|fuentes|fontes|contesto"
    rf"|documentazione|fonti|manuale?)\b"
    rf"{_NEAR}\b(?:no|não|non) (?:lo |la |o |a |se )?{_SAY}\w*",
    rf"\b(?:informa\w+|respuesta|resposta|risposta|datos?)\b{_NEAR}\b(?:no|não|non) (?:está|figura|aparece|è"
    rf"|consta)\b",
    r"\b(?:no|não|non) (?:es|è|é|ha sido|foi) (?:posible|possível|possibile) (?:contestar|responder|rispondere"
    r"|determinar\w*)",
    r"\b(?:suficiente|suficientes|sufficienti) (?:informa\w+|datos|dados|dati)|\b(?:información|informações"
    r"|informazioni) "
    r"(?:suficientes?|sufficienti)\b",
    r"^\W*no aparece\b|\bqueda fuera de mi\b|\bpuedo responder a (?:esa|esta) pregunta\b",
)
_NORTHERN_AND_EASTERN = (
    rf"\b(?:jag|vi|jeg) (?:vet|hittar|kan|finder|fant|har|ved|fandt)\b{_NEAR}\b(?:inte|ingen|inga|ikke|intet)\b",
    rf"\b(?:hittar jag|ved jeg|vet jeg|har jag|har jeg)\b{_NEAR}\b(?:inte|ingen|ikke|intet)\b",
    rf"\b(?:dokumenten|dokumenterne|dokumentene|källorna)\b{_NEAR}\b(?:inte|ingen|ikke)\b",
    r"\bnie (?:wiem|znalazłem|znalazłam|znaleziono|mam (?:\w+ )?informacji|mogę odpowiedzieć|zawiera\w*(?: \w+){0,2} "
    r"(?:odpowiedzi|informacji))",
    r"\bnie (?:potrafię|jestem w stanie)\b|\bnie ma (?:o tym )?(?:mowy|\w* ?informacji)\b|\bbrak (?:informacji"
    r"|danych)\b",
    r"\b(?:fra|fre)mgår (?:inte|ikke|ej)\b|\b(?:nämns|nævnes|nevnes) (?:inte|ikke)\b|\bbulunmu?(?:yor"
    r"|amakta)\w*|\bbelirtilmem\w+",
    r"\b(?:nemám|nemáme|nenašel|nenašla|nevím|neobsahuj\w+)\b",
    r"\b(?:bilmiyorum|bulamadım|bulunamadı|bilgi yok|cevap veremiyorum|yanıtlayamıyorum|yer almıyor)\b",
    r"\b(?:en tiedä|ei löydy|en löytänyt)\b|\bnu (?:știu|am găsit|există informații)\b|\bnem (?:tudom|találtam)\b",
)
_OTHER_LETTERS = (
    "(?:无法|無法|不能|没法)(?:回答|给出|給出|确定|確定|提供|判断)|未(?:找到|提及|提到)|(?:我)?不(?:知道|清楚|太清楚)[。，]|不知道",
    "(?:没有|沒有)(?:找到|提到|提及|包含)?(?:任何|相关|相關|足够的|足夠的|这一|這一|该|該)*(?:信息|資訊|资料|資料|内容|點|点|答案)",
    "(?:找|查)不到|(?:没有|沒有)(?:说明|說明|提供|涉及|足够|足夠)|(?:无|無)相关|(?:没有|沒有)看到",
    "見つかりません|見つけられません|情報(?:は|が)(?:ありません|含まれていません)|お答え(?:することが)?できません",
    r"記載(?:され(?:ていません|ておりません)|(?:は|が)ありません)|(?:わかり|分かり)(?:ません|かねます)|回答できません|判断できません|見当たりません|確認できません|存じません|書かれていません"
    "|(?:資料|文書|文章|コンテキスト|ドキュメント)[^。]{0,20}含まれて(?:いません|おりません)",
    r"ничего не (?:сказано|найдено|говорится|известно)|у меня нет|не (?:указано|упоминается|содержится|нашлось"
    r"|описан\w*)",
    r"не (?:удалось найти|наш[её]л|нашла|могу (?:от|на )|знаю|содерж\w+ (?:\w+ )?(?:ответ|информац)"
    r"|маю (?:\w+ )?інформац"
    r"|знайш\w+)|нет (?:\w+ )?(?:информации|сведений|ответа|данных)",
    "정보(?:가|를) (?:없|찾을 수 없)|모르겠|찾을 수 없습니다|답(?:변)?(?:을|할) (?:드릴 )?수 없"
    "|내용이 없습니다|알 수 없습니다"
    "|확인할 수 없|답변을 드리기 어렵"
    "|나와 있지 않|언급(?:되어 있)?(?:되)?지 않",
    "لا أعرف|لا أعلم|لا (?:تتوفر|توجد|يوجد|أملك|تحتوي)|لم أ(?:جد|عثر)|لا يمكنني (?:الإجابة|العثور)",
    "(?:नहीं|नही) (?:पता|मिल\\w*|मालूम|जानता)|(?:जानकारी|उत्तर|जवाब)(?: \\S+)? नहीं|जानकारी नहीं|उत्तर नहीं दे",
    "ไม่ทราบ|ไม่พบข้อมูล|ไม่มีข้อมูล|לא (?:יודע|מצאתי)|אין לי מידע|δεν (?:γνωρίζω|βρήκα|υπάρχ)|không (?:biết"
    "|tìm thấy|có thông tin)",
)
LATIN = re.compile("|".join((*_GERMAN_AND_DUTCH, *_FRENCH, *_SPANISH_PORTUGUESE_AND_ITALIAN, *_NORTHERN_AND_EASTERN)))
OTHER_LETTERS = re.compile("|".join(_OTHER_LETTERS))
