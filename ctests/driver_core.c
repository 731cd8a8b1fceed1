#include "driver_core.h"
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SHOWN_WHOLE 256
#define SHOWN_PREFIX 48

struct slot slots[MAX_SLOTS];
int depth;

struct slot *slot_number(int number)
{
    return number >= 0 && number < MAX_SLOTS ? &slots[number] : NULL;
}

static int hex_digit(int c)
{
    if(c >= '0' && c <= '9')
        return c - '0';
    if(c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if(c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static void decode(struct word *word)
{
    char *in = word->text, *out = word->text;
    while(*in) {
        if(in[0] == '%' && hex_digit(in[1]) >= 0 && hex_digit(in[2]) >= 0) {
            *out++ = (char)(hex_digit(in[1]) * 16 + hex_digit(in[2]));
            in += 3;
        }
        else
            *out++ = *in++;
    }
    *out = '\0';
    word->len = (size_t)(out - word->text);
}

bool split_words(char *line, struct words *words)
{
    char *save = NULL;
    words->count = 0;
    for(char *text = strtok_r(line, " \n", &save); text; text = strtok_r(NULL, " \n", &save)) {
        if(words->count == MAX_WORDS)
            return false;
        words->at[words->count].text = text;
        decode(&words->at[words->count]);
        words->count++;
    }
    return words->count > 0;
}

const char *option_word(const struct words *words, const char *key)
{
    size_t len = strlen(key);
    for(int i = 1; i < words->count; i++) {
        const char *text = words->at[i].text;
        if(!strncmp(text, key, len) && text[len] == '=')
            return text + len + 1;
    }
    return NULL;
}

long number_option(const struct words *words, const char *key, long otherwise)
{
    const char *text = option_word(words, key);
    return text ? strtol(text, NULL, 0) : otherwise;
}

static struct blob copy_of(const void *data, size_t len)
{
    struct blob blob = { malloc(len ? len : 1), len };
    if(!blob.bytes)
        abort();
    if(len)
        memcpy(blob.bytes, data, len);
    return blob;
}

struct blob parse_data(const struct word *word)
{
    unsigned long long len;
    unsigned int extra = 0;
    if(sscanf(word->text, "pattern:%llu:%u", &len, &extra) >= 1) {
        struct blob blob = { malloc(len ? len : 1), len };
        if(!blob.bytes)
            abort();
        for(size_t i = 0; i < len; i++)
            blob.bytes[i] = (unsigned char)((i + extra) % 251);
        return blob;
    }
    if(sscanf(word->text, "repeat:%llu:%x", &len, &extra) == 2) {
        struct blob blob = { malloc(len ? len : 1), len };
        if(!blob.bytes)
            abort();
        memset(blob.bytes, (int)extra, len);
        return blob;
    }
    if(!strcmp(word->text, "empty"))
        return copy_of("", 0);
    return copy_of(word->text, word->len);
}

static const struct {
    const char *name;
    unsigned int bit;
} flag_names[] = {
    { "text", CURLWS_TEXT }, { "binary", CURLWS_BINARY }, { "cont", CURLWS_CONT },     { "close", CURLWS_CLOSE },
    { "ping", CURLWS_PING }, { "offset", CURLWS_OFFSET }, { "pong", CURLWS_PONG },
};
#define FLAG_NAMES (sizeof(flag_names) / sizeof(flag_names[0]))

unsigned int parse_flags(const char *text)
{
    unsigned int flags = 0;
    while(*text) {
        size_t len = strcspn(text, "+");
        size_t i;
        for(i = 0; i < FLAG_NAMES; i++) {
            if(strlen(flag_names[i].name) == len && !strncmp(text, flag_names[i].name, len))
                break;
        }
        flags |= i < FLAG_NAMES ? flag_names[i].bit : (unsigned int)strtoul(text, NULL, 0);
        text += len;
        text += *text == '+';
    }
    return flags;
}

void begin_result(const char *name)
{
    printf("%c %s", depth ? '>' : '=', name);
}

void print_unknown(void)
{
    printf(" unknown=1");
}

void print_flags(int flags)
{
    const char *between = "";
    for(size_t i = 0; i < FLAG_NAMES; i++) {
        if(flags & (int)flag_names[i].bit) {
            printf("%s%s", between, flag_names[i].name);
            flags &= ~(int)flag_names[i].bit;
            between = "+";
        }
    }
    if(flags || !*between)
        printf("%s%d", between, flags);
}

static void print_encoded(const unsigned char *data, size_t len)
{
    for(size_t i = 0; i < len; i++) {
        if(data[i] > ' ' && data[i] < 127 && data[i] != '%')
            putchar(data[i]);
        else
            printf("%%%02x", data[i]);
    }
}

void print_data(const void *data, size_t len)
{
    printf(" data=");
    print_encoded(data, len <= SHOWN_WHOLE ? len : SHOWN_PREFIX);
    if(len > SHOWN_WHOLE)
        printf(" crc=%08x", (unsigned int)crc32_of(0, data, len));
}

void print_text(const char *key, const char *text)
{
    printf(" %s=", key);
    if(text)
        print_encoded((const unsigned char *)text, strlen(text));
    else
        printf("(null)");
}

void print_meta(const struct curl_ws_frame *meta)
{
    if(!meta) {
        printf(" meta=null");
        return;
    }
    printf(" flags=");
    print_flags(meta->flags);
    printf(" offset=%lld left=%lld len=%zu age=%d", (long long)meta->offset, (long long)meta->bytesleft, meta->len, meta->age);
}

void print_code(const char *name, CURLcode code)
{
    begin_result(name);
    printf(" code=%d", (int)code);
}

void print_error(const struct slot *slot)
{
    if(slot && slot->error[0])
        print_text("error", slot->error);
}

uint32_t crc32_of(uint32_t crc, const void *data, size_t len)
{
    static uint32_t table[256];
    const unsigned char *bytes = data;
    if(!table[1]) {
        for(uint32_t i = 0; i < 256; i++) {
            uint32_t c = i;
            for(int bit = 0; bit < 8; bit++)
                c = (c >> 1) ^ (c & 1 ? 0xedb88320u : 0);
            table[i] = c;
        }
    }
    crc = ~crc;
    for(size_t i = 0; i < len; i++)
        crc = table[(crc ^ bytes[i]) & 0xff] ^ (crc >> 8);
    return ~crc;
}

long long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

curl_socket_t active_socket(CURL *curl)
{
    curl_socket_t fd = CURL_SOCKET_BAD;
    curl_easy_getinfo(curl, CURLINFO_ACTIVESOCKET, &fd);
    return fd;
}

bool wait_socket(CURL *curl, short events, long timeout_ms)
{
    struct pollfd poll_fd = { active_socket(curl), events, 0 };
    return poll_fd.fd != CURL_SOCKET_BAD && poll(&poll_fd, 1, (int)timeout_ms) > 0;
}
