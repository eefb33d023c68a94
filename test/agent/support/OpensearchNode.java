import java.util.List;
import java.util.Map;
import org.opensearch.common.logging.LogConfigurator;
import org.opensearch.common.settings.Settings;
import org.opensearch.env.Environment;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.transport.Netty4Plugin;

/** A node of OpenSearch that speaks HTTP; its arguments are its settings, each {@code key=value}. */
final class OpensearchNode extends Node {
    private OpensearchNode(Environment environment) {
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
        new OpensearchNode(InternalSettingsPreparer.prepareEnvironment(settings, Map.of(), null, () -> "")).start();
        // All threads of a node are daemons.
        Thread.currentThread().join();
    }
}
