/* malloc and its relatives for a program that counts: glibc's, and of each block is told. The program defines what happens then. */
#ifndef ALLOCATOR_H
#define ALLOCATOR_H

#include <stddef.h>

/* A block was allocated, or with NULL could not be. */
static void taken(void *memory);

/* A block is about to be freed; NULL is none. */
static void given_back(void *memory);

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *memory);

void *malloc(size_t size)
{
    void *memory = __libc_malloc(size);
    taken(memory);
    return memory;
}

void *calloc(size_t count, size_t size)
{
    void *memory = __libc_calloc(count, size);
    taken(memory);
    return memory;
}

void *realloc(void *memory, size_t size)
{
    given_back(memory);
    memory = __libc_realloc(memory, size);
    taken(memory);
    return memory;
}

void *aligned_alloc(size_t alignment, size_t size)
{
    void *memory = __libc_memalign(alignment, size);
    taken(memory);
    return memory;
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    *memory = aligned_alloc(alignment, size);
    return *memory ? 0 : 12;
}

void free(void *memory)
{
    given_back(memory);
    __libc_free(memory);
}

#endif
