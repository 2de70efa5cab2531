"""The same four sentences in many languages: the examples that show a model what to do.

They are short, so that a prompt stays short. Each shows one thing: a question is translated and not answered; a plain
statement; the tone of news; a command is translated and not obeyed.
"""

SENTENCES: dict[str, tuple[str, str, str, str]] = {
    "en": (
        "Excuse me, where is the train station?",
        "My sister has been learning to play the piano since last winter.",
        "The city council said on Monday that the new bridge will open in May.",
        "Write a short letter to your teacher.",
    ),
    "zh": (
        "请问火车站在哪里？",
        "我妹妹从去年冬天开始学弹钢琴。",
        "市议会周一表示，新大桥将于五月通车。",
        "给你的老师写一封短信。",
    ),
    "zh-Hant": (
        "請問火車站在哪裡？",
        "我妹妹從去年冬天開始學彈鋼琴。",
        "市議會週一表示，新大橋將於五月通車。",
        "給你的老師寫一封短信。",
    ),
    "fr": (
        "Excusez-moi, où est la gare ?",
        "Ma sœur apprend à jouer du piano depuis l'hiver dernier.",
        "Le conseil municipal a annoncé lundi que le nouveau pont ouvrira en mai.",
        "Écrivez une courte lettre à votre professeur.",
    ),
    "de": (
        "Entschuldigung, wo ist der Bahnhof?",
        "Meine Schwester lernt seit letztem Winter Klavier spielen.",
        "Der Stadtrat teilte am Montag mit, dass die neue Brücke im Mai eröffnet wird.",
        "Schreiben Sie Ihrem Lehrer einen kurzen Brief.",
    ),
    "es": (
        "Disculpe, ¿dónde está la estación de tren?",
        "Mi hermana está aprendiendo a tocar el piano desde el invierno pasado.",
        "El ayuntamiento anunció el lunes que el nuevo puente se abrirá en mayo.",
        "Escriba una carta breve a su profesor.",
    ),
    "it": (
        "Scusi, dov'è la stazione ferroviaria?",
        "Mia sorella sta imparando a suonare il pianoforte dallo scorso inverno.",
        "Il consiglio comunale ha annunciato lunedì che il nuovo ponte aprirà a maggio.",
        "Scriva una breve lettera al Suo insegnante.",
    ),
    "pt": (
        "Com licença, onde fica a estação?",
        "A minha irmã aprende a tocar piano desde o inverno passado.",
        "A câmara municipal informou na segunda-feira que a nova ponte será aberta em maio.",
        "Escreva uma carta curta ao seu professor.",
    ),
    "nl": (
        "Pardon, waar is het treinstation?",
        "Mijn zus leert sinds vorige winter piano spelen.",
        "De gemeenteraad heeft maandag meegedeeld dat de nieuwe brug in mei opengaat.",
        "Schrijf een korte brief aan je leraar.",
    ),
    "pl": (
        "Przepraszam, gdzie jest dworzec kolejowy?",
        "Moja siostra uczy się grać na pianinie od zeszłej zimy.",
        "Rada miasta poinformowała w poniedziałek, że nowy most zostanie otwarty w maju.",
        "Napisz krótki list do swojego nauczyciela.",
    ),
    "ru": (
        "Извините, где находится вокзал?",
        "Моя сестра учится играть на пианино с прошлой зимы.",
        "Городской совет сообщил в понедельник, что новый мост откроется в мае.",
        "Напишите короткое письмо своему учителю.",
    ),
    "uk": (
        "Вибачте, де знаходиться вокзал?",
        "Моя сестра вчиться грати на піаніно з минулої зими.",
        "Міська рада повідомила в понеділок, що новий міст відкриється у травні.",
        "Напишіть короткого листа своєму вчителю.",
    ),
    "ja": (
        "すみません、駅はどこですか？",
        "妹は去年の冬からピアノを習っています。",
        "市議会は月曜日、新しい橋が5月に開通すると発表した。",
        "先生に短い手紙を書いてください。",
    ),
    "ko": (
        "실례합니다, 기차역이 어디에 있나요?",
        "제 여동생은 작년 겨울부터 피아노를 배우고 있어요.",
        "시의회는 월요일에 새 다리가 5월에 개통될 것이라고 밝혔다.",
        "선생님께 짧은 편지를 쓰세요.",
    ),
    "ar": (
        "عفوًا، أين محطة القطار؟",
        "تتعلم أختي العزف على البيانو منذ الشتاء الماضي.",
        "أعلن مجلس المدينة يوم الاثنين أن الجسر الجديد سيُفتتح في مايو.",
        "اكتب رسالة قصيرة إلى معلمك.",
    ),
    "hi": (
        "माफ़ कीजिए, रेलवे स्टेशन कहाँ है?",
        "मेरी बहन पिछली सर्दियों से पियानो बजाना सीख रही है।",
        "नगर परिषद ने सोमवार को कहा कि नया पुल मई में खुलेगा।",
        "अपने शिक्षक को एक छोटा पत्र लिखें।",
    ),
    "tr": (
        "Affedersiniz, tren istasyonu nerede?",
        "Kız kardeşim geçen kıştan beri piyano çalmayı öğreniyor.",
        "Belediye meclisi pazartesi günü yeni köprünün mayıs ayında açılacağını bildirdi.",
        "Öğretmeninize kısa bir mektup yazın.",
    ),
    "vi": (
        "Xin lỗi, nhà ga ở đâu ạ?",
        "Em gái tôi học chơi đàn piano từ mùa đông năm ngoái.",
        "Hội đồng thành phố cho biết hôm thứ Hai rằng cây cầu mới sẽ được thông xe vào tháng Năm.",
        "Hãy viết một bức thư ngắn cho giáo viên của bạn.",
    ),
    "id": (
        "Permisi, di mana stasiun kereta api?",
        "Adik perempuan saya belajar bermain piano sejak musim dingin lalu.",
        "Dewan kota mengatakan pada hari Senin bahwa jembatan baru akan dibuka pada bulan Mei.",
        "Tulislah surat pendek kepada guru Anda.",
    ),
    "sv": (
        "Ursäkta, var ligger tågstationen?",
        "Min syster har lärt sig spela piano sedan förra vintern.",
        "Kommunfullmäktige sade på måndagen att den nya bron öppnas i maj.",
        "Skriv ett kort brev till din lärare.",
    ),
    "da": (
        "Undskyld, hvor ligger togstationen?",
        "Min søster har lært at spille klaver siden sidste vinter.",
        "Byrådet oplyste mandag, at den nye bro åbner i maj.",
        "Skriv et kort brev til din lærer.",
    ),
    "no": (
        "Unnskyld, hvor er togstasjonen?",
        "Søsteren min har lært å spille piano siden i fjor vinter.",
        "Bystyret sa mandag at den nye broen åpner i mai.",
        "Skriv et kort brev til læreren din.",
    ),
    "fi": (
        "Anteeksi, missä rautatieasema on?",
        "Siskoni on opetellut soittamaan pianoa viime talvesta lähtien.",
        "Kaupunginvaltuusto kertoi maanantaina, että uusi silta avataan toukokuussa.",
        "Kirjoita lyhyt kirje opettajallesi.",
    ),
    "cs": (
        "Promiňte, kde je vlakové nádraží?",
        "Moje sestra se od loňské zimy učí hrát na klavír.",
        "Městská rada v pondělí oznámila, že nový most bude otevřen v květnu.",
        "Napište krátký dopis svému učiteli.",
    ),
    "ro": (
        "Scuzați-mă, unde este gara?",
        "Sora mea învață să cânte la pian de iarna trecută.",
        "Consiliul local a declarat luni că noul pod se va deschide în luna mai.",
        "Scrieți o scrisoare scurtă profesorului dumneavoastră.",
    ),
    "hu": (
        "Elnézést, hol van a vasútállomás?",
        "A nővérem tavaly tél óta tanul zongorázni.",
        "A városi tanács hétfőn közölte, hogy az új híd májusban nyílik meg.",
        "Írjon egy rövid levelet a tanárának.",
    ),
    "el": (
        "Συγγνώμη, πού είναι ο σιδηροδρομικός σταθμός;",
        "Η αδερφή μου μαθαίνει πιάνο από τον περασμένο χειμώνα.",
        "Το δημοτικό συμβούλιο ανακοίνωσε τη Δευτέρα ότι η νέα γέφυρα θα ανοίξει τον Μάιο.",
        "Γράψτε ένα σύντομο γράμμα στον δάσκαλό σας.",
    ),
    "bg": (
        "Извинете, къде е гарата?",
        "Сестра ми се учи да свири на пиано от миналата зима.",
        "Градският съвет съобщи в понеделник, че новият мост ще бъде открит през май.",
        "Напишете кратко писмо до учителя си.",
    ),
    "he": (
        "סליחה, איפה תחנת הרכבת?",
        "אחותי לומדת לנגן בפסנתר מאז החורף שעבר.",
        "מועצת העיר מסרה ביום שני שהגשר החדש ייפתח במאי.",
        "כתבו מכתב קצר למורה שלכם.",
    ),
    "th": (
        "ขอโทษครับ สถานีรถไฟอยู่ที่ไหน",
        "น้องสาวของฉันเรียนเปียโนมาตั้งแต่ฤดูหนาวปีที่แล้ว",
        "สภาเมืองกล่าวเมื่อวันจันทร์ว่าสะพานใหม่จะเปิดใช้ในเดือนพฤษภาคม",
        "เขียนจดหมายสั้น ๆ ถึงครูของคุณ",
    ),
}
