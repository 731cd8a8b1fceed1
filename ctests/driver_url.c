/*
 * The driver's commands for URL handles. Handles are in numbered places; `null` is a NULL pointer, `dead` one that was cleaned up and
 * `foreign` memory that is no handle at all. FLAGS are a number.
 */
#include "driver_url.h"
#include <stdlib.h>
#include <string.h>

#define MAX_URLS 4

static CURLU *urls[MAX_URLS];

static const struct {
    const char *name;
    CURLUPart part;
} parts[] = {
    { "URL", CURLUPART_URL },           { "SCHEME", CURLUPART_SCHEME }, { "USER", CURLUPART_USER },
    { "PASSWORD", CURLUPART_PASSWORD }, { "OPTIONS", CURLUPART_OPTIONS }, { "HOST", CURLUPART_HOST },
    { "PORT", CURLUPART_PORT },         { "PATH", CURLUPART_PATH },     { "QUERY", CURLUPART_QUERY },
    { "FRAGMENT", CURLUPART_FRAGMENT }, { "ZONEID", CURLUPART_ZONEID },
};
#define PARTS (sizeof(parts) / sizeof(parts[0]))

static CURLU *named(const char *name)
{
    static union {
        char bytes[64];
        long long align;
    } foreign;
    static CURLU *dead;
    if(!strcmp(name, "null"))
        return NULL;
    if(!strcmp(name, "foreign"))
        return (CURLU *)foreign.bytes;
    if(!strcmp(name, "dead")) {
        if(!dead)
            curl_url_cleanup(dead = curl_url());
        return dead;
    }
    return urls[atoi(name) % MAX_URLS];
}

static CURLUPart part_named(const char *name)
{
    for(size_t i = 0; i < PARTS; i++) {
        if(!strcmp(parts[i].name, name))
            return parts[i].part;
    }
    return (CURLUPart)atoi(name);
}

static unsigned int number(const char *text)
{
    return (unsigned int)strtoul(text, NULL, 0);
}

static void put(int place, CURLU *url)
{
    curl_url_cleanup(urls[place]);
    urls[place] = url;
    printf(" ok=%d", url != NULL);
}

/* url_new U */
static void new_command(const struct call *call)
{
    begin_result("url_new");
    put(atoi(call->words->at[1].text) % MAX_URLS, curl_url());
}

/* url_dup FROM TO */
static void dup_command(const struct call *call)
{
    CURLU *copy = curl_url_dup(named(call->words->at[1].text));
    begin_result("url_dup");
    put(atoi(call->words->at[2].text) % MAX_URLS, copy);
}

/* url_cleanup U */
static void cleanup_command(const struct call *call)
{
    const char *name = call->words->at[1].text;
    curl_url_cleanup(named(name));
    if(*name >= '0' && *name <= '9')
        urls[atoi(name) % MAX_URLS] = NULL;
    begin_result("url_cleanup");
}

/* url_set U PART FLAGS TEXT|NULL */
static void set_command(const struct call *call)
{
    const struct word *at = call->words->at;
    const char *text = strcmp(at[4].text, "NULL") ? at[4].text : NULL;
    CURLUcode code = curl_url_set(named(at[1].text), part_named(at[2].text), text, number(at[3].text));
    begin_result("url_set");
    printf(" code=%d", code);
}

/* url_get U PART FLAGS [part=null] */
static void get_command(const struct call *call)
{
    const struct word *at = call->words->at;
    char *text = NULL;
    char **result = option_word(call->words, "part") ? NULL : &text;
    CURLUcode code = curl_url_get(named(at[1].text), part_named(at[2].text), result, number(at[3].text));
    begin_result("url_get");
    printf(" code=%d", code);
    if(text)
        print_text("value", text);
    curl_free(text);
}

/* url_parts U FLAGS: all of them, those that are missing with a code */
static void parts_command(const struct call *call)
{
    const struct word *at = call->words->at;
    begin_result("url_parts");
    for(size_t i = 0; i < PARTS; i++) {
        char *text = NULL;
        CURLUcode code = curl_url_get(named(at[1].text), parts[i].part, &text, number(at[2].text));
        if(code)
            printf(" %s=%d", parts[i].name, code);
        else /* libcurl has NULL for an empty part that is to be encoded */
            print_text(parts[i].name, text ? text : "");
        curl_free(text);
    }
}

/* url_strerror CODE */
static void strerror_command(const struct call *call)
{
    begin_result("url_strerror");
    print_text("error", curl_url_strerror((CURLUcode)atoi(call->words->at[1].text)));
}

/* url_use U: CURLOPT_CURLU */
static void use_command(const struct call *call)
{
    print_code("url_use", curl_easy_setopt(call->curl, CURLOPT_CURLU, named(call->words->at[1].text)));
}

const struct command url_commands[] = {
    { "url_new", 1, new_command },
    { "url_dup", 2, dup_command },
    { "url_cleanup", 1, cleanup_command },
    { "url_set", 4, set_command },
    { "url_get", 3, get_command },
    { "url_parts", 2, parts_command },
    { "url_strerror", 1, strerror_command },
    { "url_use", 1, use_command },
    { NULL, 0, NULL },
};
