"""Which clocks the states and provinces of wide countries keep.

Facts, not opinions: ISO 3166-2 codes laid on the zones of the IANA time zone database, by the
comments of its `zone.tab` and, for the United States, 49 CFR part 71. A region that lies in
several zones stands beside each of them. Macquarie Island is left out: nobody lives there.
"""

_REGIONS_BY_ZONE = {
    "US": {
        "America/New_York": "CT DC DE FL GA IN KY MA MD ME MI NC NH NJ NY OH PA RI SC TN VA VT WV",
        "America/Detroit": "MI",
        "America/Kentucky/Louisville": "IN KY",
        "America/Kentucky/Monticello": "KY",
        "America/Indiana/Indianapolis": "IN",
        "America/Indiana/Vincennes": "IN",
        "America/Indiana/Winamac": "IN",
        "America/Indiana/Marengo": "IN",
        "America/Indiana/Petersburg": "IN",
        "America/Indiana/Vevay": "IN",
        "America/Chicago": "AL AR FL IA IL IN KS KY LA MN MO MS ND NE OK SD TN TX WI",
        "America/Indiana/Tell_City": "IN",
        "America/Indiana/Knox": "IN",
        "America/Menominee": "MI",
        "America/North_Dakota/Center": "ND",
        "America/North_Dakota/New_Salem": "ND",
        "America/North_Dakota/Beulah": "ND",
        "America/Denver": "AZ CO KS MT ND NE NM NV SD TX UT WY",  # AZ: the Navajo Nation
        "America/Boise": "ID OR",
        "America/Phoenix": "AZ",
        "America/Los_Angeles": "CA ID NV OR WA",
        "America/Anchorage": "AK",
        "America/Juneau": "AK",
        "America/Sitka": "AK",
        "America/Metlakatla": "AK",
        "America/Yakutat": "AK",
        "America/Nome": "AK",
        "America/Adak": "AK",
        "Pacific/Honolulu": "HI",
        "America/Puerto_Rico": "PR",
        "America/St_Thomas": "VI",
        "Pacific/Guam": "GU",
        "Pacific/Saipan": "MP",
        "Pacific/Pago_Pago": "AS",
    },
    "CA": {
        "America/St_Johns": "NL",
        "America/Goose_Bay": "NL",
        "America/Halifax": "NS PE QC",  # QC: the Magdalen Islands
        "America/Glace_Bay": "NS",
        "America/Moncton": "NB",
        "America/Blanc-Sablon": "QC",
        "America/Toronto": "ON QC",
        "America/Atikokan": "NU ON",
        "America/Iqaluit": "NU",
        "America/Winnipeg": "MB ON",
        "America/Resolute": "NU",
        "America/Rankin_Inlet": "NU",
        "America/Regina": "SK",
        "America/Swift_Current": "SK",
        "America/Edmonton": "AB BC NT SK",
        "America/Cambridge_Bay": "NU",
        "America/Inuvik": "NT",
        "America/Vancouver": "BC",
        "America/Creston": "BC",
        "America/Dawson_Creek": "BC",
        "America/Fort_Nelson": "BC",
        "America/Whitehorse": "YT",
        "America/Dawson": "YT",
    },
    "AU": {
        "Australia/Sydney": "ACT NSW",
        "Australia/Broken_Hill": "NSW",
        "Australia/Lord_Howe": "NSW",
        "Australia/Melbourne": "VIC",
        "Australia/Hobart": "TAS",
        "Australia/Brisbane": "QLD",
        "Australia/Lindeman": "QLD",
        "Australia/Adelaide": "SA",
        "Australia/Darwin": "NT",
        "Australia/Perth": "WA",
        "Australia/Eucla": "WA",
    },
    "BR": {
        "America/Noronha": "PE",
        "America/Recife": "PE",
        "America/Belem": "AP PA",
        "America/Santarem": "PA",
        "America/Fortaleza": "CE MA PB PI RN",
        "America/Araguaina": "TO",
        "America/Maceio": "AL SE",
        "America/Bahia": "BA",
        "America/Sao_Paulo": "DF ES GO MG PR RJ RS SC SP",
        "America/Campo_Grande": "MS",
        "America/Cuiaba": "MT",
        "America/Porto_Velho": "RO",
        "America/Boa_Vista": "RR",
        "America/Manaus": "AM",
        "America/Eirunepe": "AM",
        "America/Rio_Branco": "AC",
    },
    "MX": {
        "America/Mexico_City": (
            "AGU CHP CMX COL DIF GRO GUA HID JAL MEX MIC MOR OAX PUE QUE SLP TAB TLA VER ZAC"
        ),
        "America/Cancun": "ROO",
        "America/Merida": "CAM YUC",
        "America/Monterrey": "COA DUR NLE TAM",
        "America/Matamoros": "COA NLE TAM",
        "America/Chihuahua": "CHH",
        "America/Ciudad_Juarez": "CHH",
        "America/Ojinaga": "CHH",
        "America/Mazatlan": "BCS NAY SIN",
        "America/Bahia_Banderas": "NAY",
        "America/Hermosillo": "SON",
        "America/Tijuana": "BCN",
    },
    "RU": {
        "Europe/Kaliningrad": "KGD",
        "Europe/Moscow": (
            "AD ARK BEL BRY CE CU DA IN IVA KB KC KDA KL KLU KO KOS KR KRS LEN LIP ME MO MOS MOW"
            " MUR NEN NGR NIZ ORL PNZ PSK ROS RYA SE SMO SPE STA TA TAM TUL TVE VLA VLG VOR YAR"
        ),
        "Europe/Kirov": "KIR",
        "Europe/Volgograd": "VGG",
        "Europe/Astrakhan": "AST",
        "Europe/Saratov": "SAR",
        "Europe/Ulyanovsk": "ULY",
        "Europe/Samara": "SAM UD",
        "Asia/Yekaterinburg": "BA CHE KGN KHM ORE PER SVE TYU YAN",
        "Asia/Omsk": "OMS",
        "Asia/Novosibirsk": "NVS",
        "Asia/Barnaul": "AL ALT",
        "Asia/Tomsk": "TOM",
        "Asia/Novokuznetsk": "KEM",
        "Asia/Krasnoyarsk": "KK KYA TY",
        "Asia/Irkutsk": "BU IRK",
        "Asia/Chita": "ZAB",
        "Asia/Yakutsk": "AMU SA",
        "Asia/Khandyga": "SA",
        "Asia/Vladivostok": "KHA PRI SA YEV",
        "Asia/Ust-Nera": "SA",
        "Asia/Srednekolymsk": "SA SAK",
        "Asia/Magadan": "MAG",
        "Asia/Sakhalin": "SAK",
        "Asia/Kamchatka": "KAM",
        "Asia/Anadyr": "CHU",
    },
    "ES": {
        "Europe/Madrid": "AN AR AS CB CL CM CT EX GA IB MC MD NC PV RI VC",
        "Atlantic/Canary": "CN GC TF",
        "Africa/Ceuta": "CE ML",
    },
    "PT": {
        "Europe/Lisbon": "01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18",
        "Atlantic/Azores": "20",
        "Atlantic/Madeira": "30",
    },
    "NZ": {
        "Pacific/Auckland": "AUK BOP CAN GIS HKB MBH MWT NSN NTL OTA STL TAS TKI WGN WKO WTC",
        "Pacific/Chatham": "CIT",
    },
}


def zones_of_region(country: str, region: str) -> tuple[str, ...]:
    """The zones in which a region lies, wholly or in part; none where the table has none.

    `country`: ISO 3166-1; `region`: the part of ISO 3166-2 after the dash; both in capitals.
    """
    zones = _REGIONS_BY_ZONE.get(country, {})
    return tuple(zone for zone, regions in zones.items() if region in regions.split())
