"""Words that short texts consist of: greetings, thanks, yes and no. A model of letters cannot tell their languages."""

import re

_LONGEST = 4  # words of a text that is looked up

_WORDS = {
    code: frozenset(words.split())
    for code, words in {
        "en": "hello hi hey thanks thank you please yes no good morning evening night afternoon bye goodbye welcome "
        "sorry save cancel settings search close open delete next back help error sign in out",
        "fr": "bonjour bonsoir salut merci beaucoup oui non au revoir bonne nuit journée soirée bienvenue pardon "
        "désolé désolée enregistrer annuler paramètres rechercher fermer ouvrir supprimer suivant retour aide erreur",
        "de": "hallo danke schön bitte ja nein guten morgen tag abend gute nacht tschüss willkommen entschuldigung "
        "speichern abbrechen einstellungen suchen schließen öffnen löschen weiter zurück hilfe fehler",
        "es": "hola gracias muchas por favor sí no buenos días buenas tardes noches adiós bienvenido bienvenida perdón "
        "guardar cancelar ajustes buscar cerrar abrir eliminar siguiente atrás ayuda error",
        "it": "ciao buongiorno buonasera buonanotte grazie mille prego sì no arrivederci benvenuto benvenuta scusa "
        "salva annulla impostazioni cerca chiudi apri elimina avanti indietro aiuto errore",
        "pt": "olá oi obrigado obrigada por favor sim não bom dia boa tarde noite adeus tchau bem-vindo desculpe "
        "salvar guardar cancelar definições configurações pesquisar fechar abrir excluir próximo voltar ajuda erro",
        "nl": "hallo hoi dank je wel bedankt alstublieft ja nee goedemorgen goedenavond goedenacht doei welkom sorry "
        "opslaan annuleren instellingen zoeken sluiten openen verwijderen volgende terug fout",
        "sv": "hej tack ja nej god morgon natt hejdå välkommen förlåt spara avbryt inställningar sök stäng öppna",
        "pl": "cześć dzień dobry wieczór dziękuję proszę tak nie dobranoc witaj przepraszam zapisz anuluj ustawienia",
    }.items()
}
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


def languages_of(text: str) -> tuple[str, ...]:
    """The languages whose common words a short text consists of; none for any other text."""
    words = _WORD.findall(text[:100].casefold())
    if not 0 < len(words) <= _LONGEST or len(text) > 100:
        return ()
    return tuple(code for code, common in _WORDS.items() if common.issuperset(words))
