"""Writes C and C++ programs that compile if the header agrees with the tables."""

import re

START = "#include <stddef.h>\n#include <curl/curl.h>\n"

HEADERS = (
    "curl curlver easy header mprintf multi options stdcheaders system typecheck-gcc urlapi websockets"
).split()

# What curl_easy_setopt and its sisters read as a long must be one: an int leaves half of a variadic argument undefined.
LONGS = (
    "CURL_HTTP_VERSION_2TLS CURL_HTTP_VERSION_NONE CURL_IPRESOLVE_V6 CURL_NETRC_OPTIONAL CURL_REDIR_POST_ALL "
    "CURL_RTSPREQ_SETUP CURL_SSLVERSION_TLSv1_2 CURL_SSLVERSION_MAX_TLSv1_3 CURL_TIMECOND_IFMODSINCE CURL_TLSAUTH_SRP "
    "CURLALTSVC_H1 CURLFOLLOW_ALL CURLFTPAUTH_TLS CURLFTPMETHOD_NOCWD CURLFTPSSL_ALL CURLFTPSSL_CCC_ACTIVE "
    "CURLFTP_CREATE_DIR CURLGSSAPI_DELEGATION_FLAG CURLHEADER_SEPARATE CURLHSTS_ENABLE CURLHTTPSIG_ED25519 "
    "CURLMIMEOPT_FORMESCAPE CURLMNWC_CLEAR_DNS CURLPIPE_MULTIPLEX CURLPROTO_HTTPS CURLPROXY_SOCKS5 CURLSSH_AUTH_AGENT "
    "CURLSSLOPT_NATIVE_CA CURLULFLAG_SEEN CURLUSESSL_ALL CURLWS_RAW_MODE CURLWS_NOAUTOPONG CURL_HET_DEFAULT "
    "CURL_UPKEEP_INTERVAL_DEFAULT"
).split()
UNSIGNED_LONGS = (
    "CURLAUTH_NONE CURLAUTH_BASIC CURLAUTH_BEARER CURLAUTH_ONLY CURLAUTH_ANY CURLAUTH_ANYSAFE CURLPROTO_ALL "
    "CURLSSH_AUTH_ANY CURLSSH_AUTH_DEFAULT CURL_ZERO_TERMINATED"
).split()
INTS = (
    "CURLE_ALREADY_COMPLETE CURLH_1XX CURLINFO_LONG CURLOPTTYPE_BLOB CURLPAUSE_ALL CURLWS_TEXT CURLWS_OFFSET "
    "CURL_CSELECT_ERR CURL_ERROR_SIZE CURL_GLOBAL_ALL CURL_POLL_INOUT CURL_READFUNC_ABORT CURL_SOCKET_BAD "
    "CURL_SOCKET_TIMEOUT CURL_VERSION_THREADSAFE CURL_WAIT_POLLOUT CURL_WRITEFUNC_PAUSE CURLU_NO_GUESS_SCHEME "
    "LIBCURL_VERSION_NUM"
).split()
# Names of earlier versions must be of the enum's type, or C++ refuses them as arguments.
OF_ENUM = {
    "CURLcode": "CURLE_OBSOLETE10 CURLE_SSL_CACERT CURLE_OPERATION_TIMEOUTED CURLE_HTTP_NOT_FOUND",
    "CURLoption": "CURLOPT_FILE CURLOPT_INFILE CURLOPT_PROGRESSDATA CURLOPT_WRITEHEADER CURLOPT_ENCODING CURLOPT_RTSPHEADER",
    "CURLINFO": "CURLINFO_HTTP_CODE",
    "CURLMcode": "CURLM_CALL_MULTI_SOCKET",
    "CURLversion": "CURLVERSION_NOW",
    "curl_sslbackend": "CURLSSLBACKEND_BORINGSSL CURLSSLBACKEND_DARWINSSL",
}

WRONG_ARGUMENTS = (
    "curl_easy_setopt(h, CURLOPT_PORT, 1)",
    'curl_easy_setopt(h, CURLOPT_PORT, "1")',
    "curl_easy_setopt(h, CURLOPT_URL, 0)",
    "curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, 1)",
    "curl_easy_setopt(h, CURLOPT_MAXFILESIZE_LARGE, 1)",
    "{ int i; curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &i); }",
    "{ long l; curl_easy_getinfo(h, CURLINFO_EFFECTIVE_URL, &l); }",
    "{ long l; curl_easy_getinfo(h, CURLINFO_TOTAL_TIME, &l); }",
    "{ long l; curl_easy_getinfo(h, CURLINFO_ACTIVESOCKET, &l); }",
    "{ double d; curl_easy_getinfo(h, CURLINFO_TOTAL_TIME_T, &d); }",
    "curl_multi_setopt(h, CURLMOPT_MAXCONNECTS, 1)",
)


def asserted(conditions):
    """A program that compiles if all conditions hold: an array of -1 elements is an error in every C and C++."""
    lines = [f"typedef char check_{number}[({condition}) ? 1 : -1];" for number, condition in enumerate(conditions)]
    return START + "\n".join(lines) + "\n"


def program(statement):
    return START + f"void program(CURL *h);\nvoid program(CURL *h)\n{{\n  {statement};\n}}\n"


def equal(constant):
    return f"(long)({constant.name}) == {constant.value}L"


def constants(constants):
    return asserted(equal(constant) for constant in constants)


def enum(name, enumerators):
    """The values, and in C++ that the enumerators are of the type."""
    source = asserted([f"sizeof({name}) == sizeof(int)", *map(equal, enumerators)])
    names = "\n".join(f"void given_{e.name}({name} e = {e.name});" for e in enumerators)
    return source + f"#ifdef __cplusplus\n{names}\n#endif\n"


def constant_types():
    source = START + "#ifndef __cplusplus\n"
    for names, ty in ((LONGS, "long"), (UNSIGNED_LONGS, "unsigned long"), (INTS, "int")):
        for name in names:
            condition = f"__builtin_types_compatible_p(__typeof__({name}), {ty})"
            source += f"typedef char check_{name}[{condition} ? 1 : -1];\n"
    source += "#endif\n#ifdef __cplusplus\n"
    for ty, names in OF_ENUM.items():
        source += "".join(f"void given_{name}({ty} e = {name});\n" for name in names.split())
    return source + "#endif\n"


def struct(name, fields, size):
    conditions = [f"sizeof(struct {name}) == {size}"]
    for field in fields:
        conditions.append(f"sizeof(((struct {name} *)0)->{field.name}) == {field.size}")
        if field.offset is not None:
            conditions.append(f"offsetof(struct {name}, {field.name}) == {field.offset}")
    return asserted(conditions)


def prototype(function):
    pointer = f"{function.result}(*pointer)({function.parameters})"
    return START + f"extern {pointer};\n{pointer} = {function.name};\n"


def callback(name, declaration):
    """A value of the typedef's can be one of the table's type."""
    if "(*)" in declaration:
        given, wanted = f"{name} given", declaration.replace("(*)", "(*wanted)")
    else:
        given, wanted = f"{name} *given", re.sub(r" \(", " (*wanted)(", declaration, count=1)
    return START + f"void take({given});\nvoid take({given})\n{{\n  {wanted} = given;\n  (void)wanted;\n}}\n"


def include_orders():
    """Each header alone, and each first with the others in both directions."""
    for header in HEADERS:
        yield f"<curl/{header}.h> alone", f"#include <curl/{header}.h>\ntypedef int not_empty;\n"
    use = "typedef struct curl_ws_frame frame;\nCURLcode use(CURL *h, CURLM *m, CURLSH *s, CURLU *u, va_list args);\n"
    for number, first in enumerate(HEADERS):
        for order in (HEADERS[number:] + HEADERS[:number], HEADERS[number::-1] + HEADERS[:number:-1]):
            includes = "".join(f"#include <curl/{header}.h>\n" for header in order)
            yield f"<curl/{first}.h>, <curl/{order[1]}.h>, then the others", includes + use


def option_table(options):
    """A program that finds every option by name and number, and meets each once."""
    kinds = {"cbptr": "CURLOT_CBPTR", "off_t": "CURLOT_OFF_T"}
    lines = []
    for row in sorted(options, key=lambda row: row["name"]):
        name = row["name"].removeprefix("CURLOPT_")
        is_alias = row["alias_of_id"] != "-"
        kind = kinds.get(row["type"], "CURLOT_" + row["type"].upper())
        lines.append(f'  {{"{name}", (CURLoption){row["id"]}, {kind}, {int(is_alias)}}},')
    return START + OPTION_PROGRAM.replace("ROWS", "\n".join(lines))


OPTION_PROGRAM = r"""
#include <string.h>

static const struct curl_easyoption wanted[] = {
ROWS
};

static int same(const struct curl_easyoption *a, const struct curl_easyoption *b)
{
  return a && !strcmp(a->name, b->name) && a->id == b->id && a->type == b->type && a->flags == b->flags;
}

int main(void)
{
  size_t i;
  int failures = 0;
  const struct curl_easyoption *next = NULL;

  for(i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
    const struct curl_easyoption *named = curl_easy_option_by_name(wanted[i].name);
    const struct curl_easyoption *numbered = curl_easy_option_by_id(wanted[i].id);
    next = curl_easy_option_next(next);
    if(!same(named, &wanted[i]) || !same(next, &wanted[i]) || !numbered || numbered->flags ||
       numbered->id != wanted[i].id) {
      printf("%s: name %d, next %s\n", wanted[i].name, named != NULL, next ? next->name : "none");
      failures++;
    }
  }
  if(curl_easy_option_next(next)) {
    puts("an option after the last one");
    failures++;
  }
  return failures != 0;
}
"""
