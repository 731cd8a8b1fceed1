/*
 * Builds MIME bodies and forms, and prints what the functions answer and how often callbacks free. Usage: forms FILE, where a file
 * may be written.
 */
#define CURL_DISABLE_DEPRECATION
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int freed;

static size_t on_read(char *buffer, size_t size, size_t items, void *user)
{
    (void)buffer;
    (void)size;
    (void)items;
    (void)user;
    return 0;
}

static void on_free(void *user)
{
    (void)user;
    freed++;
}

static void mime_parts(const char *file)
{
    CURL *curl = curl_easy_init();
    curl_mime *mime = curl_mime_init(curl);
    curl_mimepart *part = curl_mime_addpart(mime);
    struct curl_slist *headers = curl_slist_append(NULL, "X-One: 1");
    struct curl_slist *mine = curl_slist_append(NULL, "X-Two: 2");

    printf("name %d, filename %d, type %d\n", curl_mime_name(part, "name"), curl_mime_filename(part, "file"), curl_mime_type(part, "a/b"));
    printf("none %d %d %d\n", curl_mime_name(part, NULL), curl_mime_filename(part, NULL), curl_mime_type(part, NULL));
    printf("data %d %d %d\n", curl_mime_data(part, "abc", 2), curl_mime_data(part, "abc", CURL_ZERO_TERMINATED), curl_mime_data(part, NULL, 0));
    printf("file %d, no file %d, none %d\n", curl_mime_filedata(part, file), curl_mime_filedata(part, "/none/such"), curl_mime_filedata(part, NULL));
    printf("encoders %d %d %d %d\n", curl_mime_encoder(part, "base64"), curl_mime_encoder(part, "Quoted-Printable"), curl_mime_encoder(part, NULL),
           curl_mime_encoder(part, "gzip"));
    printf("headers %d %d %d\n", curl_mime_headers(part, headers, 1), curl_mime_headers(part, headers, 1), curl_mime_headers(part, mine, 0));
    printf("no part %d %d %d %d\n", curl_mime_name(NULL, "x"), curl_mime_data(NULL, "x", 1), curl_mime_subparts(NULL, mime), curl_mime_encoder(NULL, NULL));
    printf("no body %d\n", curl_mime_addpart(NULL) == NULL);
    printf("option %d %d\n", curl_easy_setopt(curl, CURLOPT_MIMEPOST, mime), curl_easy_setopt(curl, CURLOPT_MIMEPOST, NULL));
    curl_mime_free(mime);
    curl_mime_free(NULL);
    curl_slist_free_all(mine);
    curl_easy_cleanup(curl);
}

static void mime_trees(void)
{
    curl_mime *outer = curl_mime_init(NULL), *inner = curl_mime_init(NULL);
    curl_mimepart *one = curl_mime_addpart(outer), *two = curl_mime_addpart(outer), *deep = curl_mime_addpart(inner);

    printf("callback %d, freed %d\n", curl_mime_data_cb(one, 3, on_read, NULL, on_free, NULL), freed);
    printf("itself %d\n", curl_mime_subparts(deep, inner));
    printf("subparts %d, ", curl_mime_subparts(one, inner));
    printf("again %d, freed %d\n", curl_mime_subparts(one, inner), freed);
    printf("taken %d, circle %d\n", curl_mime_subparts(two, inner), curl_mime_subparts(deep, outer));
    printf("deep %d, ", curl_mime_data_cb(deep, 3, on_read, NULL, on_free, NULL));
    printf("no read function %d\n", curl_mime_data_cb(two, 3, NULL, NULL, on_free, NULL));
    curl_mime_headers(two, curl_slist_append(NULL, "X-Owned: 1"), 1);
    curl_mime_free(inner);
    printf("freed %d\n", freed);
    curl_mime_free(outer);
    printf("freed %d\n", freed);
}

struct text {
    char bytes[16384];
    size_t length;
    size_t limit;
};

static size_t on_append(void *user, const char *buffer, size_t length)
{
    struct text *text = user;
    if(text->length + length > text->limit)
        return 0;
    memcpy(text->bytes + text->length, buffer, length);
    text->length += length;
    return length;
}

/* The form without the random characters that end a boundary. */
static void print_form(const char *what, struct curl_httppost *form)
{
    static struct text text;
    char *at = text.bytes;
    text.length = 0;
    text.limit = sizeof(text.bytes) - 1;
    printf("-- %s: %d\n", what, curl_formget(form, &text, on_append));
    text.bytes[text.length] = 0;
    while((at = strstr(at, "------------------------")) != NULL) {
        at += strspn(at, "-");
        memmove(at, at + 22, strlen(at + 22) + 1);
    }
    fputs(text.bytes, stdout);
    putchar('\n');
}

static void forms(const char *file)
{
    struct curl_httppost *first = NULL, *last = NULL;
    struct curl_slist *headers = curl_slist_append(curl_slist_append(NULL, "X-One: 1"), "Content-Type: from/header");
    struct curl_forms array[] = {{CURLFORM_COPYCONTENTS, "from an array"}, {CURLFORM_CONTENTTYPE, "text/array"}, {CURLFORM_END, NULL}};
    struct text none = {"", 0, 0};

    print_form("empty", NULL);
    printf("%d\n", curl_formadd(&first, &last, CURLFORM_COPYNAME, "a", CURLFORM_COPYCONTENTS, "text", CURLFORM_END));
    printf("%d\n", curl_formadd(&first, &last, CURLFORM_COPYNAME, "b\"\r\n", CURLFORM_PTRCONTENTS, "bytes", CURLFORM_CONTENTSLENGTH, 3L,
                                CURLFORM_CONTENTHEADER, headers, CURLFORM_END));
    printf("%d\n", curl_formadd(&first, &last, CURLFORM_PTRNAME, "named", CURLFORM_NAMELENGTH, 2L, CURLFORM_ARRAY, array, CURLFORM_END));
    printf("%d\n", curl_formadd(&first, &last, CURLFORM_COPYNAME, "file", CURLFORM_FILE, file, CURLFORM_END));
    printf("%d\n", curl_formadd(&first, &last, CURLFORM_COPYNAME, "shown", CURLFORM_FILE, file, CURLFORM_FILENAME, "x.PNG", CURLFORM_END));
    printf("%d\n", curl_formadd(&first, &last, CURLFORM_COPYNAME, "content", CURLFORM_FILECONTENT, file, CURLFORM_END));
    printf("%d\n", curl_formadd(&first, &last, CURLFORM_COPYNAME, "files", CURLFORM_FILE, file, CURLFORM_CONTENTTYPE, "one/type", CURLFORM_FILE, file,
                                CURLFORM_END));
    printf("%d\n", curl_formadd(&first, &last, CURLFORM_COPYNAME, "buffer", CURLFORM_BUFFER, "b.html", CURLFORM_BUFFERPTR, "buffered",
                                CURLFORM_BUFFERLENGTH, 6L, CURLFORM_END));
    printf("%d\n", curl_formadd(&first, &last, CURLFORM_COPYNAME, "stream", CURLFORM_STREAM, &none, CURLFORM_CONTENTLEN, (curl_off_t)3,
                                CURLFORM_FILENAME, "s.txt", CURLFORM_END));
    print_form("all", first);
    printf("refused %d, no callback %d\n", curl_formget(first, &none, on_append), curl_formget(first, NULL, NULL));
    curl_formfree(first);
    curl_slist_free_all(headers);

    first = last = NULL;
    curl_formadd(&first, &last, CURLFORM_COPYNAME, "a", CURLFORM_FILE, "/none/such", CURLFORM_END);
    print_form("no such file", first);
    curl_formfree(first);
    curl_formfree(NULL);
}

static void wrong_forms(const char *file)
{
    struct curl_httppost *first = NULL, *last = NULL;
    struct curl_forms nested[] = {{CURLFORM_ARRAY, NULL}, {CURLFORM_END, NULL}};

    printf("twice %d %d\n", curl_formadd(&first, &last, CURLFORM_COPYNAME, "a", CURLFORM_PTRNAME, "b", CURLFORM_END),
           curl_formadd(&first, &last, CURLFORM_COPYNAME, "a", CURLFORM_COPYCONTENTS, "b", CURLFORM_PTRCONTENTS, "c", CURLFORM_END));
    printf("null %d %d %d\n", curl_formadd(&first, &last, CURLFORM_COPYNAME, NULL, CURLFORM_END),
           curl_formadd(&first, &last, CURLFORM_COPYNAME, "a\0b", CURLFORM_NAMELENGTH, 3L, CURLFORM_COPYCONTENTS, "c", CURLFORM_END),
           curl_formadd(&first, &last, CURLFORM_ARRAY, NULL, CURLFORM_END));
    printf("unknown %d %d\n", curl_formadd(&first, &last, 99, CURLFORM_END), curl_formadd(&first, &last, CURLFORM_OBSOLETE, CURLFORM_END));
    printf("incomplete %d %d %d %d\n", curl_formadd(&first, &last, CURLFORM_END), curl_formadd(&first, &last, CURLFORM_COPYNAME, "a", CURLFORM_END),
           curl_formadd(&first, &last, CURLFORM_COPYCONTENTS, "a", CURLFORM_END),
           curl_formadd(&first, &last, CURLFORM_COPYNAME, "a", CURLFORM_FILE, file, CURLFORM_CONTENTSLENGTH, 3L, CURLFORM_END));
    printf("array %d\n", curl_formadd(&first, &last, CURLFORM_ARRAY, nested, CURLFORM_END));
    printf("nothing added %d\n", first == NULL && last == NULL);
}

int main(int argc, char **argv)
{
    FILE *file = argc == 2 ? fopen(argv[1], "w") : NULL;
    if(!file)
        return 2;
    fputs("in a file", file);
    fclose(file);
    mime_parts(argv[1]);
    mime_trees();
    forms(argv[1]);
    wrong_forms(argv[1]);
    return 0;
}
