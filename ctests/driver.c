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
#include "driver_callbacks.h"
#include "driver_easy.h"
#include "driver_endpoint.h"
#include "driver_multi.h"
#include "driver_process.h"
#include "driver_share.h"
#include "driver_url.h"
#include "driver_ws.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void sleep_command(const struct call *call)
{
    long ms = atol(call->words->at[1].text);
    struct timespec pause = { ms / 1000, (ms % 1000) * 1000000 };
    begin_result("sleep");
    nanosleep(&pause, NULL);
}

static void peak_kb_command(const struct call *call)
{
    char line[256];
    long kb = -1;
    FILE *status = fopen("/proc/self/status", "r");
    (void)call;
    while(status && kb < 0 && fgets(line, sizeof(line), status))
        sscanf(line, "VmHWM: %ld", &kb);
    if(status)
        fclose(status);
    begin_result("peak_kb");
    printf(" value=%ld", kb);
}

static void version_command(const struct call *call)
{
    (void)call;
    begin_result("version");
    print_text("value", curl_version());
}

static void strerror_command(const struct call *call)
{
    begin_result("strerror");
    print_text("value", curl_easy_strerror((CURLcode)atoi(call->words->at[1].text)));
}

static const struct command other_commands[] = {
    { "sleep", 1, sleep_command },
    { "peak_kb", 0, peak_kb_command },
    { "version", 0, version_command },
    { "strerror", 1, strerror_command },
    { NULL, 0, NULL },
};

static const struct command *const tables[] = { easy_commands,  ws_commands,       endpoint_commands, multi_commands,
                                             process_commands, callback_commands, share_commands,    url_commands,
                                             other_commands };

static const struct command *find(const struct words *words)
{
    for(size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        for(const struct command *command = tables[i]; command->name; command++) {
            if(!strcmp(command->name, words->at[0].text) && words->count > command->arguments)
                return command;
        }
    }
    return NULL;
}

/* Takes the first word away if it names a handle. */
static void pick_handle(struct call *call, struct words *words)
{
    static union {
        char bytes[65536];
        long long align;
    } foreign;
    const char *which = words->at[0].text;
    call->slot = &slots[0];
    if(*which == '@') {
        which++;
        call->slot = *which >= '0' && *which <= '9' ? slot_number(atoi(which)) : NULL;
        words->count--;
        memmove(words->at, words->at + 1, (size_t)words->count * sizeof(words->at[0]));
        words->line += strcspn(words->line, " ");
        words->line += *words->line == ' ';
    }
    call->curl = call->slot ? call->slot->curl : !strcmp(which, "foreign") ? (CURL *)foreign.bytes : NULL;
}

static void run_words(struct words *words)
{
    struct call call = { NULL, NULL, words };
    pick_handle(&call, words);
    if(!words->count)
        return;
    const struct command *command = find(words);
    if(command)
        command->run(&call);
    else {
        begin_result(words->at[0].text);
        print_unknown();
    }
}

static void run_line(char *line)
{
    struct words words;
    char *whole = strdup(line);
    if(!whole)
        abort();
    whole[strcspn(whole, "\n")] = '\0';
    words.line = whole;
    if(split_words(line, &words)) {
        run_words(&words);
        putchar('\n');
    }
    free(whole);
}

static void free_slot(struct slot *slot)
{
    curl_easy_cleanup(slot->curl);
    for(int i = 0; i < slot->list_count; i++)
        curl_slist_free_all(slot->lists[i]);
    free(slot->upload.bytes);
}

int main(void)
{
    char *line = NULL;
    size_t size = 0;
    setvbuf(stdout, NULL, _IOFBF, 65536);
    if(curl_global_init(CURL_GLOBAL_DEFAULT))
        return 1;
    run_actions_with(run_line);
    while(getline(&line, &size, stdin) >= 0) {
        run_line(line);
        fflush(stdout);
    }
    free(line);
    for(int i = 0; i < MAX_SLOTS; i++)
        free_slot(&slots[i]);
    free_share();
    forget_actions();
    curl_global_cleanup();
    return 0;
}
