import java.util.List;
import java.util.Map;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.node.InternalSettingsPreparer;
import org.elasticsearch.node.Node;
import org.elasticsearch.transport.Netty4Plugin;

/** A node of Elasticsearch that speaks HTTP; its arguments are its settings, each {@code key=value}. */
final class ElasticsearchNode extends Node {
    private ElasticsearchNode(Environment environment) {
        super(environment, List.of(Netty4Plugin.class), true);
    }

    public static void main(String[] args) throws Exception {
        Settings.Builder builder = Settings.builder();
        for (String arg : args) {
            String[] setting = arg.split("=", 2);
            builder.put(setting[0], setting[1]);
        }
        Settings settings = builder.build();
        LogConfigurator.configureWithoutConfig(settings);
        new ElasticsearchNode(InternalSettingsPreparer.prepareEnvironment(settings, Map.of(), null, () -> "")).start();
        // All threads of a node are daemons.
        Thread.currentThread().join();
    }
}
