"""Texts that a JSON reader must take (`YES`), must refuse (`NO`), or may choose about.

The ground is that of RFC 8259, rule by rule: structure, numbers, texts, literals, blanks,
encodings. Where the RFC leaves a choice, `TAKEN` and `REFUSED` say which is ours, as
`openapi.yaml` tells: every name once, whole numbers within 2^53, 32 levels.
"""

_DEEP = 50_000

STRUCTURE_YES = (
    b"[]", b"{}", b"[[]]", b"[{}]", b'{"":0}', b'{"a":{"b":[]}}', b"[ ]", b"{ }", b"[1,2]",
    b'{"a":1,"b":2}', b" [] ", b"\t{}\n", b"\r\n[]\r\n", b'{ "a" : 1 }', b"[ 1 , 2 ]", b'[[1],[2]]',
    b'[null,1,"a",{}]', b"[" * 20 + b"]" * 20, b'{"a":' * 20 + b"1" + b"}" * 20,
)  # fmt: skip
STRUCTURE_NO = (
    b"", b" ", b"[", b"]", b"{", b"}", b"[1", b"[1,", b"[1,]", b"[,1]", b"[,]", b"[1,,2]", b"[1 2]",
    b"[1]]", b"[]]", b"[][]", b"{}{}", b"[1]x", b"[1],", b"1 2", b"1,2", b"[}", b"{]", b"[1}",
    b'{"a":1]', b'{"a"', b'{"a":', b'{"a":1', b'{"a":1,', b'{"a":1,}', b'{,"a":1}',
    b'{"a":1,,"b":2}', b'{"a" 1}', b'{"a"::1}', b'{:1}', b'{"a"}', b'{"a",1}', b"{1:1}",
    b"{null:1}", b"{a:1}", b"{'a':1}", b'{[]:1}', b'{"a":1 "b":2}', b'["a":1]', b"[:]", b":", b",",
    b"'", b"[1:2]", b"(1)", b"<1>", b"[*]", b"*", b"[#]", b"[&x]", b"[1]//", b"[1]/**/",
    b"[/**/1]", b"# 1", b"[" * _DEEP, b'{"a":' * _DEEP, b"[" * _DEEP + b"{", b'[{"":' * 40_000,
    b"<!--[]-->", b"callback([])", b"a=1", b"\x1e[]", b"---\na: 1",
)  # fmt: skip
NUMBERS_YES = (
    b"0", b"-0", b"1", b"-1", b"10", b"123456789012345", b"0.0", b"0.5", b"-0.5", b"1.25", b"1e1",
    b"1E1", b"1e+1", b"1e-1", b"1.5e3", b"0e0", b"0e+1", b"1E-2", b"-1e2", b"9007199254740992",
    b"-9007199254740992", b"1e-400", b"0.1000000000000000055511151231257827", b"1" + b"0" * 15,
)  # fmt: skip
NUMBERS_NO = (
    b"+1", b"-", b"+", b"--1", b"-+1", b"01", b"-01", b"00", b"1.", b".1", b"-.1", b"-1.", b"1.e1",
    b".e1", b"1e", b"1e+", b"1E-", b"e1", b"1e1.5", b"1e1e1", b"1.2.3", b"0x1", b"0b1", b"0o1",
    b"1_000", b"1,5", b"1 000", b"1a", b"-a", b"NaN", b"-NaN", b"Infinity", b"-Infinity",
    b"+Infinity", b"nan", b"inf", b"Inf", b"1L", b"1n", b"1f", b"0-1", b"1+1", b"\xef\xbc\x91",
    b"\xd9\xa1", b"1/2", b"$1", b"1%", b"0.", b"-0.", b"0e", b"9.e+", b"1ea", b"--0",
)  # fmt: skip
TEXTS_YES = (
    b'""', b'"a"', b'" "', b'"\\""', b'"\\\\"', b'"\\/"', b'"\\b\\f\\n\\r\\t"', b'"\\u0041"',
    b'"\\u0000"', b'"\\u00e9"', b'"\xc3\xa9"', b'"\\ud83d\\ude00"', b'"\xf0\x9f\x98\x80"',
    b'"\x7f"', b'"\\u2028"', b'"\xe2\x80\xa8"', b'"\\uFFFF"', b'"\xef\xbf\xbf"', b'"\xe2\x80\xae"',
    b'"/"', b"\"'\"", b'"a\\u0301"', b'"[{]}"', b'"\\uDBFF\\uDFFF"', b'"\xef\xbb\xbf"',
    b'"\xf4\x8f\xbf\xbf"',
)  # fmt: skip
TEXTS_NO = (
    b'"', b'"a', b'a"', b'"\\"', b'"\\', b'"\\x41"', b'"\\a"', b'"\\0"', b'"\\v"', b"\"\\'\"",
    b'"\\u"', b'"\\u0"', b'"\\u00"', b'"\\u004"', b'"\\u004g"', b'"\\U0041"', b'"\\u 041"',
    b'"\\u+041"', b'"\\u{41}"', b'"\n"', b'"\t"', b'"\r"', b'"\x00"', b'"\x1f"', b'"a\nb"', b"'a'",
    b"`a`", b'"a"b', b'"a" "b"', b'"a"+"b"', b"a", b'"\\\xc3\xa9"', b'"\\\xf0\x9f\x98\x80"',
    b'"""a"""', b'u"a"', b"\xe2\x80\x9ca\xe2\x80\x9d", b'"\\ "', b'"\\\n"', b'"\\ud83d\\u"',
    b'"\\ud83d\\', b'"\\u\xef\xbc\x90041"',
)  # fmt: skip
LITERALS_YES = (b"null", b"true", b"false", b" null ", b"\ntrue\n")
LITERALS_NO = (
    b"nul", b"nulll", b"NULL", b"Null", b"None", b"nil", b"undefined", b"tru", b"truee", b"True",
    b"TRUE", b"yes", b"on", b"fals", b"False", b"no", b"nulltrue", b"null null", b"~", b"n", b"t",
    b"f", b"truefalse",
)  # fmt: skip
#: Blanks that are none in JSON.
BLANKS_NO = tuple(
    blank.encode() + b"[]"
    for blank in ("\f", "\v", "\0", "\x1f", "\x85", "\xa0", "\u2003", "\u2028", "\u2060", "\u3000")
)
ENCODINGS_NO = (
    b"\xff", b'"\xff"', b'"\xe9"', b'"\xc0\xaf"', b'"\xc0\x80"', b'"\xed\xa0\x80"',
    b'"\xf4\x90\x80\x80"', b'"\xf8\x88\x80\x80\x80"', b'"\xc3"', b'"\xe2\x82"', b'"\x80"',
    "[]".encode("utf-16"), "[]".encode("utf-16-le"), "[]".encode("utf-16-be"),
    "[]".encode("utf-32"), b"+AFsAXQ-", b"\xef\xbb\xbf", b"\xef\xbb", b'"\xfc\x83\xbf\xbf\xbf\xbf"',
    b"[]\x00",
)  # fmt: skip

YES = (*STRUCTURE_YES, *NUMBERS_YES, *TEXTS_YES, *LITERALS_YES)
NO = (*STRUCTURE_NO, *NUMBERS_NO, *TEXTS_NO, *LITERALS_NO, *BLANKS_NO, *ENCODINGS_NO)

#: The RFC lets a reader choose; these are read.
TAKEN = (
    b"1e-99999", b"-1e-999", b"0." + b"0" * 4_000 + b"1", b"1." + b"1" * 5_000,
    b'"' + b"a" * 50_000 + b'"', b"[" * 25 + b"]" * 25, b'{"a":1,"A":2}',
    b'{"\\u00e9":1,"e\\u0301":2}', b'"\\uFDD0"', b'"\\uFFFE"',
)  # fmt: skip
#: And these are not.
REFUSED = (
    b"9007199254740993", b"-9007199254740993", b"9" * 5_000, b"-" + b"9" * 400, b"1e400", b"-1e400",
    b"1e99999", b"1" * 400 + b".5", b'"\\ud800"', b'"\\udc00"', b'"\\ud800a"', b'"\\ud800\\ud800"',
    b'"\\udc00\\ud800"', b'"\\ud800\\n"', b'{"\\ud800":1}', b'{"a":1,"a":1}',
    b'{"a":1,"\\u0061":2}', b'[{"a":1,"a":2}]', b"\xef\xbb\xbf[]", b"[" * 40 + b"]" * 40,
    b'{"a":' * 40 + b"1" + b"}" * 40, b"[" + b"0," * 20_000 + b"0]", b"[" * _DEEP + b"]" * _DEEP,
    b'{"a":{"a":1,"a":2}}',
)  # fmt: skip
