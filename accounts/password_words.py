"""Words that people here put into passwords and that zxcvbn's English lists do not know."""

from __future__ import annotations

from functools import cache

SHOP = "mami מאמי supermarket supermarkets super market סופר סופרמרקט shop store grocery basket".split()

CITIES = """
haifa חיפה carmel כרמל jerusalem ירושלים yerushalayim telaviv tel aviv תל אביב yafo יפו jaffa
beer sheva באר שבע ashdod אשדוד ashkelon אשקלון netanya נתניה holon חולון ramat gan רמת גן petah tikva
פתח תקווה rishon lezion ראשון לציון bnei brak בני ברק herzliya הרצליה raanana רעננה kfar saba כפר סבא
hadera חדרה nahariya נהריה akko עכו tiberias טבריה eilat אילת nazareth נצרת modiin מודיעין rehovot רחובות
lod לוד ramla רמלה afula עפולה karmiel כרמיאל israel ישראל galil גליל negev נגב golan גולן
""".split()

# The most frequent first: zxcvbn counts the place in the list as the number of tries.
HEBREW = """
שלום אהבה אמא אבא ילד ילדה טוב טובה בית חיים אור יום לילה שמש ירח כוכב מים אש רוח אדמה ים שמיים אוהב אוהבת
אותך אני אתה את הוא היא אנחנו אתם הם כן לא מה מי איפה מתי למה איך כמה היום מחר אתמול עכשיו תמיד אף פעם
בוקר ערב שבת חג פסח פורים חנוכה סוכות ראש השנה כיפור תורה אלוהים ברוך השם אמן עם ארץ מדינה צבא חייל
חיילת שוטר רופא רופאה מורה תלמיד תלמידה בן בת אח אחות סבא סבתא דוד דודה חבר חברה חברים משפחה מלך מלכה
נסיך נסיכה גיבור גיבורה לב נשמה חלום תקווה אמת שקר כסף זהב כלב כלבה חתול חתולה סוס ציפור דג פרפר אריה
נמר דוב ארנב פיל קוף נחש פרה תרנגול דבורה עץ פרח ורד תפוח תפוז לימון בננה ענבים אבטיח תות לחם חלב גבינה
ביצה בשר עוף אורז פסטה פלפל פלאפל חומוס סלט מרק עוגה שוקולד גלידה קפה תה יין בירה סוכר מלח דבש שמן
אדום כחול ירוק צהוב לבן שחור ורוד סגול כתום אחד שתיים שלוש ארבע חמש שש שבע שמונה תשע עשר מאה אלף גדול
קטן גדולה קטנה חדש חדשה ישן יפה יפהפיה חכם חכמה חזק חזקה מתוק מתוקה חמוד חמודה שמח שמחה עצוב כדורגל
כדורסל מכבי הפועל ביתר נבחרת אלוף משחק שיר מוזיקה ריקוד סרט ספר מחשב טלפון סיסמה סיסמא אינטרנט מכונית
אופניים אוטובוס רכבת מטוס דרך רחוב כביש עיר כפר קיבוץ מושב גן גינה חדר דלת חלון שולחן כיסא מיטה מפתח
קיץ חורף אביב סתיו גשם שלג ינואר פברואר מרץ אפריל מאי יוני יולי אוגוסט ספטמבר אוקטובר נובמבר דצמבר
משה דוד יוסף יעקב אברהם יצחק שרה רבקה רחל לאה מרים אסתר חנה נועה מיה תמר יעל שירה מאיה רוני עדי ליאור
דניאל נועם איתי עומר אורי יונתן אריאל אלון גיא רון טל ליאת מיכל ענת אורית הדס דנה קרן גל שי תום עידו
עמית יובל אסף ניר אייל אבי יוסי משהו כהן לוי מזרחי פרץ ביטון אזולאי ביבי ציון
""".split()

LATIN = """
shalom ahava ima aba yeled yalda tov tova bait haim chaim yom laila kochav toda boker erev shabat
shabbat pesach purim hanuka chanuka tora moshe david yosef yaakov avraham itzhak yitzhak sara rivka rahel
rachel lea miriam ester hana noa maya tamar yael shira roni adi lior daniel noam itay omer ori yonatan
ariel alon guy ron tal liat michal anat orit hadas dana keren gal shay tom ido amit yuval asaf nir eyal
avi yossi yosi cohen levi mizrahi peretz biton maccabi hapoel beitar sababa yalla balagan motek neshama
metuka hamud kelev hatul kapara achla mazal hatikva zahav kesef sisma gan perach shemesh melech malka
""".split()

_KEYS = str.maketrans(
    dict(zip("שנבגקכעיןחלךצמםפרדאוהסטזתץף", "abcdefghijklmnoprstuvxyz,.;", strict=True))
)


def shadow(word: str) -> str:
    """What comes out when a Hebrew word is typed with the keyboard set to English."""
    return word.translate(_KEYS)


@cache
def own_words() -> tuple[str, ...]:
    """All of them, the most frequent first, each once."""
    lists = (SHOP, HEBREW, LATIN, CITIES, [shadow(word) for word in HEBREW])
    return tuple(dict.fromkeys(word for words in lists for word in words if len(word) > 1))
