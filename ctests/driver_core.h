/*
 * What every part of the driver stands on: handles in numbered slots, words of a command, data, output lines. The driver's language is
 * described in driver.c.
 */
#ifndef WSCURL_CTESTS_DRIVER_CORE_H
#define WSCURL_CTESTS_DRIVER_CORE_H

#define CURL_DISABLE_DEPRECATION
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define MAX_WORDS 64
#define MAX_SLOTS 8
#define MAX_LISTS 16

enum kind {
    ON_WRITE, ON_HEADER, ON_READ, ON_DEBUG, ON_XFERINFO, ON_PROGRESS, ON_SOCKOPT, ON_OPENSOCKET, ON_CLOSESOCKET, ON_PREREQ,
    ON_OPEN, ON_RESOLVER,
    KINDS
};

struct word {
    char *text; /* decoded, with a NUL after it */
    size_t len;
};

struct words {
    int count;
    struct word at[MAX_WORDS];
    const char *line; /* the same as it was written */
};

struct blob {
    unsigned char *bytes;
    size_t len;
};

/* What a callback of one kind has seen so far. */
struct tally {
    long calls;
    uint64_t bytes;
    size_t largest;
    uint32_t crc;
    bool quiet;
};

struct slot {
    CURL *curl;
    char error[CURL_ERROR_SIZE];
    struct curl_slist *lists[MAX_LISTS];
    int list_count;
    struct tally tally[KINDS];
    struct blob upload; /* what the read callback hands out */
    size_t uploaded;
    size_t upload_chunk;
    bool paused;
    int calls_deep; /* how many of its callbacks are running */
};

/* What a command is given. The slot is NULL for a handle that is in none: a NULL pointer or foreign memory. */
struct call {
    struct slot *slot;
    CURL *curl;
    const struct words *words; /* the first one is the command's name */
};

/* A command of the driver. `run` prints the answer but for the end of its line. */
struct command {
    const char *name; /* NULL ends a table */
    int arguments;    /* how many words must follow the name, at least */
    void (*run)(const struct call *call);
};

extern struct slot slots[MAX_SLOTS];
extern int depth; /* how many callbacks are running, one inside the other */
struct slot *slot_number(int number);

bool split_words(char *line, struct words *words);
const char *option_word(const struct words *words, const char *key);
long number_option(const struct words *words, const char *key, long otherwise);
struct blob parse_data(const struct word *word);
unsigned int parse_flags(const char *text);

void begin_result(const char *name);
void print_unknown(void);
void print_flags(int flags);
void print_data(const void *data, size_t len);
void print_text(const char *key, const char *text);
void print_meta(const struct curl_ws_frame *meta);
void print_code(const char *name, CURLcode code);
void print_error(const struct slot *slot);

uint32_t crc32_of(uint32_t crc, const void *data, size_t len);
long long now_ms(void);
curl_socket_t active_socket(CURL *curl);
bool wait_socket(CURL *curl, short events, long timeout_ms);

#endif
