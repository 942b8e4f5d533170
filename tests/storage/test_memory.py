from tailgana_lab.storage.memory import MemoryManager
from tailgana_lab.storage.store import Store


async def test_what_is_stored_is_found(store: Store) -> None:
    memory = MemoryManager(store)
    kept = await memory.store(content="Cache optimized", metadata={"type": "cache_optimization"}, tier="long_term")
    await memory.store("Cache optimized again", {"type": "other"})
    assert await memory.search("cache", limit=5, type="cache_optimization") == [kept]
    assert [record.tier for record in await memory.search("optimized")] == ["short_term", "long_term"]


async def test_by_default_it_is_the_store_of_the_environment(file_store: Store, monkeypatch) -> None:
    monkeypatch.setenv("TAILGANA_STORE", file_store.place)
    kept = await MemoryManager().store("here", {})
    assert file_store.search("here") == [kept]
