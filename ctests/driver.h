/*
 * The driver: a C program of libcurl's API that does what it reads on its standard input, one command a line.
 *
 * A line is words apart by blanks; inside a word %XX is a byte in hex. `@N` as the first word picks one of the handles
 * (@0 is the default, @null is a NULL pointer, @foreign memory that is no handle at all). Every command answers with one line
 *
 *     = NAME key=value key=value ...
 *
 * and what happens in callbacks meanwhile comes in lines before it: `! KIND key=value ...` for a call of a callback,
 * `> NAME key=value ...` for a command that the callback was told to run with `on KIND WHEN COMMAND`.
 *
 * Data to send is written as a literal word, or as `pattern:LENGTH[:SEED]`, or `repeat:LENGTH:HEXBYTE`.
 */
#ifndef WSCURL_CTESTS_DRIVER_H
#define WSCURL_CTESTS_DRIVER_H

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
    ON_OPEN,
    KINDS
};

struct word {
    char *text; /* decoded, with a NUL after it */
    size_t len;
};

struct words {
    int count;
    struct word at[MAX_WORDS];
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

/* driver_text.c: words, data, numbers, output */
bool split_words(char *line, struct words *words);
const char *option_word(const struct words *words, const char *key);
long number_option(const struct words *words, const char *key, long otherwise);
struct blob parse_data(const struct word *word);
unsigned int parse_flags(const char *text);
void print_flags(int flags);
void print_data(const void *data, size_t len);
void print_text(const char *key, const char *text);
void print_meta(const struct curl_ws_frame *meta);
void print_code(const char *name, CURLcode code);
void print_error(const struct slot *slot);
uint32_t crc32_of(uint32_t crc, const void *data, size_t len);
long long now_ms(void);

/* driver.c: slots and the command loop */
extern struct slot slots[MAX_SLOTS];
extern int depth; /* how many callbacks deep we are */
void run_line(char *line);
struct slot *slot_number(int number);
void begin_result(const char *name);

/* driver_callbacks.c */
bool add_action(int slot, const struct words *words, const char *rest);
void set_return(const struct word *word);
void set_data(const struct word *word);
void forget_actions(void);
int kind_by_name(const char *name);
const char *kind_name(int kind);
bool set_callback(struct slot *slot, CURLoption option, const char *value, CURLcode *code);

/* driver_easy.c and driver_ws.c: commands; false when the name is not theirs */
bool easy_command(struct slot *slot, CURL *curl, const struct words *words);
bool ws_command(struct slot *slot, CURL *curl, const struct words *words);
bool wait_socket(CURL *curl, short events, long timeout_ms);

/* driver_endpoint.c */
bool endpoint_command(struct slot *slot, CURL *curl, const struct words *words);

/* driver_info.c */
void getinfo_command(CURL *curl, const struct words *words);

#endif
