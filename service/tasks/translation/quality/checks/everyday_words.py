"""Words that people and programs use every day. A copy of one is no name: it has not been translated."""

_ENGLISH = """
    about above account accept across add added address after again agree all almost along already also always and
    another answer any apply are around ask available away back bad beautiful because been before begin behind being
    below best better between big black blue book both bought bread bring brother browse but buy call can cancel car
    careful cat change changes chapter check child children choose city clean clear click close cold come coming
    confirm continue could country create created customer daily daughter day days dear decline delete deleted deliver
    delivery did disable discard done dog door down download draft dream drink drive early easy eat edit email empty
    enable enabled end english enjoy enter error evening every everyone example expected export eye face failed fall
    family fast father file files fill find finish fire first fish flight food for forget forgot found free friday
    friend friends from full game get girl give glad go goes going good goodbye got great green guest had hand happy
    hard has have he head hear heart hello help her here high him his holiday home hope horse hot hour house how hungry
    hurry if ignore inside install invalid invoice is it its join just keep kind king kitchen know language large last
    late later learn leave left letter life light like list listen little live loading log login logout long look
    lost love lunch mail make man many maybe me meet message milk mine missing monday money month more morning most
    mother move much must my name near need never new news next nice night none not nothing now of off offline old on
    once only open or order orders other our out outside over own owner page paper password pay payment people phone
    picture play please price print privacy proceed product products profile publish purchase quick quickly rain read
    ready really receive receipt red refresh register remember remove removed rename reply request required reset
    restart result results retry return review right river road room run sad said sale same saturday save saved say
    school score search see select sell send sent set settings share she shipping shop should show shut sign sister
    sleep slow small snow some something son soon sorry speak spring start started status stay step stop store story
    street strong submit such summer sun sunday sure table take talk teacher tell terms than thank thanks that the
    their them then there they thing things think this thursday time tired to today together tomorrow tonight too
    town track translate travel tree true try tuesday turn type under unknown until up update updated upload us use
    used user username users very view visit wait walk want warm warning was watch water way we wednesday week welcome
    well went were what when where which white who why will wind window winter wish with without woman word words work
    world would write wrong year years yellow yes yesterday yet you young your yours
    """
_FRENCH = """
    accueil accepter acheter agréable aide ajouter aller ami amie amis annuler appareil après attention au aujourd'hui
    aussi avant avec beau beaucoup belle bien bienvenue bon bonjour bonne bonsoir boutique ce cela chien chat cher
    choisir commande comment compte confirmer connexion copier créer dans de demain depuis désolé des désactiver deux
    dimanche du eau école effacer elle en enfant enfants enregistrer ensemble entrer envoyer erreur est et être eux
    faire femme fermer fichier fille fils fin garçon grand gratuit heureux heure hier homme ici il ils installer
    jamais je jeudi jour jours la le les leur lire livre livraison lui lundi maintenant maison mais manger mardi merci
    mercredi mère mes mettre modifier moi moins mois mon mot mots mercredi ne nom non nos notre nous nouveau nouvelle
    nuit on ou où oui ouvert ouvrir panier par parce pas payer pendant père petit petite peur pluie plus pour
    pourquoi premier prendre prix quand que quel quelle qui quoi rechercher rester retour rue sa salut samedi sans se
    semaine si soir soleil son souvent sur suivant supprimer ta télécharger temps toi toujours tous tout toute travail
    très trop trouver tu un une valider vendredi venir vers ville voici voir voiture vos votre voyage vrai vraiment
    """
EVERYDAY_WORDS = {"en": frozenset(_ENGLISH.split()), "fr": frozenset(_FRENCH.split())}
